export default {
  render({ model, el }) {
    const box = document.createElement("div");
    const message = document.createElement("p");
    message.setAttribute("role", "status");
    el.append(box, message);
    const heard = [];
    const on = (name, fn) => {
      const handler = () => fn(model.get(name));
      model.on(`change:${name}`, handler);
      heard.push([name, handler]);
    };
    const say = (text) => { message.textContent = text; };
    on("message", say);
    say(model.get("message"));
    // A canvas begins without hints and says so. Where there are some, from Python or another view, it gets these instead.
    let kept = model.get("value")?.hints ?? [];
    let load = null;
    const stop = mount(box, {
      get: (name) => (name === "load" && kept.length ? { hints: kept } : model.get(name)),
      set: (name, value) => {
        if (name === "value" && kept.length && !value.hints.length) return load();
        kept = [];
        model.set(name, value);
        model.save_changes();
      },
      on: (name, fn) => { if (name === "load") load = fn; on(name, fn); },
    });
    return () => {
      if (typeof stop === "function") stop();
      for (const [name, handler] of heard) model.off(`change:${name}`, handler);
    };
  },
};
