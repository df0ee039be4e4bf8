// Part of reference_sheet.js: what is on the page.

const PART = {reference: 'takes', palette: 'colors', recolor: 'changes'}; // what each way of coloring has of its own
const icon = (path) => `<svg viewBox="0 0 24 24" aria-hidden="true"><path d="${path}"/></svg>`;
const PAGE = `
<div class="lend" hidden>
  <div class="modes" role="radiogroup">
    ${Object.keys(PART).map((mode) => `<button type="button" role="radio" data-mode="${mode}"></button>`).join('')}
  </div>
  <p class="message" role="alert" hidden></p>
  <div class="view">
    <div class="main">
      <div class="bar">
        <button type="button" class="step" data-do="undo">${icon('M9 7 4 12l5 5M4 12h10a6 6 0 0 1 6 6')}</button>
        <button type="button" class="step" data-do="redo">${icon('m15 7 5 5-5 5m5-5H10a6 6 0 0 0-6 6')}</button>
        <button type="button" class="chip" data-do="draw" aria-pressed="false"></button>
        <button type="button" class="chip" data-do="clear"></button>
        <button type="button" class="chip" data-do="points" aria-pressed="true"></button>
        <button type="button" class="chip" data-do="reach" aria-pressed="false"></button>
      </div>
      <div class="stage" data-is="photo"></div>
      <div class="below"><p class="help"></p><p class="status" role="status"></p></div>
    </div>
    <div class="side">
      <section data-is="colors"><h4></h4><div class="swatches" role="group"></div></section>
      <section data-is="dye"><h4></h4><div class="swatches" role="group"></div></section>
      <form data-is="words"><label></label><div class="line"><input type="text" maxlength="2000" autocomplete="off" enterkeyhint="go">
        <button type="submit" class="chip"></button></div></form>
      <section data-is="reference">
        <h4></h4>
        <div class="strip" role="group"></div>
        <div class="shown">
          <div class="stage" data-is="lender"></div>
          <p class="help"></p>
          <div class="bar">
            <button type="button" class="chip strong" data-do="take"></button>
            <button type="button" class="chip" data-do="draw" aria-pressed="false"></button>
            <button type="button" class="chip" data-do="clear"></button>
            <button type="button" class="chip" data-do="remove"></button>
          </div>
        </div>
        <div class="add"><span></span><div class="strip" role="group"></div></div>
      </section>
    </div>
  </div>
</div>`;
