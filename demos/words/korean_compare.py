"""The Korean of the tab *Compare*, and of what the toolkit says of a comparison; a part of `korean.py`."""

COMPARE = {
    # compare.py, compare_grid.py, compare_table.py
    "Every model gets your photo in gray; what it paints is compared with the true colors.": (
        "모든 모델에 사진을 흑백으로 주고, 칠한 결과를 진짜 색과 비교합니다."
    ),
    "Photos in color": "컬러 사진들",
    "Up to 24; they are compared as small copies, 256 pixels on the short side.": "최대 24장. 짧은 변 256픽셀로 줄인 사본을 비교합니다.",
    "Compare on the example photos": "예시 사진으로 비교하기",
    "Models": "모델",
    "The gray photo is always among them; mean-color is one color everywhere, the true average.": (
        "흑백 사진은 늘 함께 비교합니다. mean-color는 어디나 한 가지 색, 곧 진짜 색의 평균입니다."
    ),
    "Teaching zoo": "학습용 모델",
    "Small textbook networks, all trained alike.": "같은 조건으로 학습한 작은 교과서 신경망들입니다.",
    "Hints per photo": "사진마다 주는 힌트",
    "So many points of the true color are given to each model, at random places.": ("제비로 뽑은 자리의 진짜 색을 이만큼 모든 모델에 알려 줍니다."),
    "Classical methods": "고전적 방법",
    "They have learned nothing: they spread the hints over the photo.": "학습 없이 힌트를 사진 위에 퍼뜨립니다.",
    "From safe to lively, for all models; safe colors score better than they look.": (
        "무난하게 ~ 생기 있게. 모든 모델에 적용됩니다. 무난한 색은 보기보다 점수가 높습니다."
    ),
    "Download report": "보고서 내려받기",
    "Table as CSV": "표를 CSV로",
    "Table as Markdown": "표를 Markdown으로",
    "Looking at the photos …": "사진들을 살펴보는 중 …",
    "Photos compared: {done} of {n}.": "비교한 사진: {n}장 중 {done}장.",
    "No model is chosen; choose one or more.": "고른 모델이 없습니다. 하나 이상 고르세요.",
    "None of these photos can be compared; add photos in color.": "비교할 수 있는 사진이 없습니다. 컬러 사진을 넣어 주세요.",
    "{name} has no color to compare with; give one in color.": "{name}: 비교할 색이 없습니다. 컬러 사진을 넣어 주세요.",
    "{name} is too long and narrow to be compared; cut a part out of it.": "{name}: 비교하기에는 너무 길고 좁습니다. 일부를 잘라 내 주세요.",
    "Zoom in": "확대",
    "Zoom out": "축소",
    "Whole photos": "사진 전체",
    "All photos together": "모든 사진 함께",
    "Click a row, then turn the wheel, pinch, or press + and −; drag to move, double-click to go back.": (
        "줄을 클릭한 다음 휠을 돌리거나 두 손가락으로 벌리거나 +, −를 누르세요. 끌면 움직이고, 두 번 클릭하면 되돌아갑니다."
    ),
    "the true photo": "진짜 사진",
    "failed": "실패",
    "{n} failed": "{n}장 실패",
    "Colorfulness": "색의 풍부함",
    "Seconds": "초",
    "PSNR: how near each pixel comes to the true photo, in decibels. SSIM: how alike they are in structure, at most 1. CIEDE2000: how far apart the "
    "colors look, where 1 is just visible. Colorfulness: as a share of the true photo's. ↑ higher is better, ↓ lower; ± is the standard error of the "
    "mean; bold is the best mean of a model. Seconds for one photo, on this machine.": (
        "PSNR: 픽셀마다 진짜 사진에 얼마나 가까운지(데시벨). SSIM: 구조가 얼마나 닮았는지(최대 1). CIEDE2000: 색이 얼마나 달라 보이는지"
        "(1이면 겨우 보이는 차이). 색의 풍부함: 진짜 사진에 대한 비율. ↑ 높을수록, ↓ 낮을수록 좋습니다. ±는 평균의 표준 오차, 굵은 글씨는 "
        "모델 가운데 가장 좋은 평균입니다. 초: 이 컴퓨터에서 사진 한 장에 걸린 시간."
    ),
    "How it was measured:": "측정 방법:",
    "Compared with {name}": "{name}: 이것과 비교하면",
    # toolkit/comparison/, toolkit/measure/protocols.py
    "{model}, photo {i}": "{model}, 사진 {i}",
    "{model}, {n} hint, photo {i}": "{model}, 힌트 {n}개, 사진 {i}",
    "{model}, {n} hints, photo {i}": "{model}, 힌트 {n}개, 사진 {i}",
    "{size}, wins {wins} of {n}": "{size}, {n}장 중 {wins}장에서 이김",
    "{size}, wins {wins} of {n}, {ties} alike": "{size}, {n}장 중 {wins}장에서 이김, {ties}장은 같음",
    "the same as {baseline} on all {n}": "{baseline}: 이것과 {n}장 모두에서 같음",
    "ahead of {baseline} by {by}; too few photos to be sure": "{baseline}보다 앞섬: {by}. 확신하기에는 사진이 너무 적습니다",
    "behind {baseline} by {by}; too few photos to be sure": "{baseline}보다 뒤짐: {by}. 확신하기에는 사진이 너무 적습니다",
    "no clear difference to {baseline}: ahead by {by} ({p})": "{baseline}: 이것과 뚜렷한 차이 없음. 앞섬: {by} ({p})",
    "no clear difference to {baseline}: behind by {by} ({p})": "{baseline}: 이것과 뚜렷한 차이 없음. 뒤짐: {by} ({p})",
    "better than {baseline} by {by} ({p})": "{baseline}보다 나음: {by} ({p})",
    "worse than {baseline} by {by} ({p})": "{baseline}보다 못함: {by} ({p})",
    "{n} photo is too few for {what} ({enough} would do): {consequence}.": (
        "사진 {n}장은 {what}에 너무 적습니다({enough}장이면 충분합니다). {consequence}."
    ),
    "{n} photos are too few for {what} ({enough} would do): {consequence}.": (
        "사진 {n}장은 {what}에 너무 적습니다({enough}장이면 충분합니다). {consequence}."
    ),
    "standard errors": "표준 오차",
    "they may be far off": "크게 틀릴 수 있습니다",
    "{model} failed on {n} of {of} photos: {reason}": "{model}: 사진 {of}장 중 {n}장에서 실패했습니다. {reason}",
    "Where n differs, means are over different photos; differences to the baseline are of the photos that both have.": (
        "사진 수가 다르면 평균도 서로 다른 사진의 것입니다. 차이는 둘 다 칠한 사진으로만 냈습니다."
    ),
    "Left out: {what}": "뺀 것: {what}",
    "{name}: has no color to compare with": "{name}: 비교할 색이 없음",
    "There is no photo in color to compare on ({reason}); give a folder or a tar of color photos.": (
        "비교할 컬러 사진이 없습니다({reason}). 컬러 사진을 넣어 주세요."
    ),
    "Photos resized to a short side of {size} px, no hints; L kept, ab from each model at its own working size, gamut mapped at constant L, 8-bit "
    "RGB against 8-bit truth as floats in [0, 1], mean over photos ± its standard error; vividness {vividness} unless a name says another (@), seed "
    "{seed}.": (
        "사진은 짧은 변을 {size} px로 줄였고 힌트는 없습니다. L은 그대로 두고 ab는 저마다의 작업 크기에서 모델이 정하며, 색역 밖의 색은 같은 L에서 "
        "안으로 옮깁니다. 8비트 RGB를 8비트 진짜 사진과 [0, 1]의 실수로 견주어 사진들의 평균 ± 표준 오차를 냅니다. 생생함 {vividness}"
        "(이름에 @로 다른 값이 있으면 그 값), 시드 {seed}."
    ),
    "Protocol {protocol}: centre squares of photos at {side} x {side} px; hints are patches of {places}, in the patch's mean a and b as the nearest "
    "8-bit color at its mean L, for n hints the first n of one draw a photo, from numpy's default_rng(({draw}, the photo's number from 0)); L kept, "
    "ab from each model at its own working size, gamut mapped at constant L, 8-bit RGB against 8-bit truth as floats in [0, 1], PSNR of each photo "
    "at most {most} dB, mean over photos ± its standard error; vividness {vividness} unless a name says another (@), seed {seed}.": (
        "{protocol} 규약: 사진 가운데의 {side} x {side} px 정사각형. 힌트는 {places}이며, 그 조각의 평균 a, b를 평균 L에서 가장 가까운 8비트 색으로 "
        "줍니다. 힌트 n개는 사진마다 한 번 뽑은 것 가운데 처음 n개입니다(numpy default_rng(({draw}, 0부터 센 사진 번호))). L은 그대로 두고 "
        "ab는 저마다의 작업 크기에서 모델이 정하며, 색역 밖의 색은 같은 L에서 안으로 옮깁니다. 8비트 RGB를 8비트 진짜 사진과 [0, 1]의 실수로 "
        "견주며, 사진마다 PSNR은 {most} dB까지로 보고, 사진들의 평균 ± 표준 오차를 냅니다. "
        "생생함 {vividness}(이름에 @로 다른 값이 있으면 그 값), 시드 {seed}."
    ),
    "2 x 2 px at uniform random places of the 2 px grid, none twice": "2 px 격자에서 고르게 무작위로 뽑은, 겹치지 않는 2 x 2 px 조각",
    "Differences are paired by photo, p by the two-sided Wilcoxon signed-rank test, not corrected for how many there are.": (
        "차이는 같은 사진끼리 짝지어 냈고, p는 양측 윌콕슨 부호 순위 검정이며 검정 횟수에 대한 보정은 하지 않았습니다."
    ),
    "Seconds: median over photos; memory: the largest rise of the process above what it held before, weights loaded.": (
        "초: 사진들의 중앙값. 메모리: 가중치를 읽은 뒤 프로세스가 쓰던 것보다 가장 많이 늘어난 양."
    ),
    "Not finished: the table is of the photos that every model has been tried on.": (
        "끝까지 하지 않았습니다. 표는 모든 모델이 칠해 본 사진들의 것입니다."
    ),
}
