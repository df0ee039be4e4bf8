"""The Korean of the tab *Reference*, and of what the toolkit says of references and palettes; a part of `korean.py`."""

REFERENCE = {
    # reference.py
    "Reference": "참고 사진",
    "Color it like another photo": "다른 사진처럼 칠하기",
    "Skin from skin, sky from sky: give a photo, and one whose colors it shall have. Or choose a few colors, or change one thing.": (
        "피부는 피부에서, 하늘은 하늘에서: 사진 하나와 그 색을 빌려줄 사진을 넣으세요. 몇 가지 색을 고르거나, 한 가지만 바꿀 수도 있습니다."
    ),
    "Show me an example": "예시 보기",
    "Weight of the reference": "참고 사진의 비중",
    "From none of it to all of it": "전혀 따르지 않음 ~ 모두 따름",
    "From gray to twice as much": "무채색 ~ 두 배",
    "Warmth": "따뜻함",
    "From cool to warm": "차갑게 ~ 따뜻하게",
    # reference_desk.py, reference_wish.py
    "This photo has no colors that could stay; add a color photo, or choose one of the other two ways.": (
        "이 사진에는 남겨 둘 색이 없습니다. 컬러 사진을 넣거나 다른 두 방법 가운데 하나를 고르세요."
    ),
    "This reference is not here any more, to make room for others; add it again.": (
        "다른 사진의 자리를 내느라 이 참고 사진은 이제 없습니다. 다시 넣어 주세요."
    ),
    "The page sent something that cannot be read; reload it.": "페이지가 읽을 수 없는 것을 보냈습니다. 새로 고쳐 주세요.",
    "There are {n} references; at most {most} can be used.": "참고 사진이 {n}장입니다. {most}장까지 쓸 수 있습니다.",
    "There are {n} changes; at most {most} can be made. Undo some first.": (
        "바꾼 것이 {n}가지입니다. {most}가지까지 할 수 있으니 먼저 몇 가지를 되돌리세요."
    ),
    "A wish in words has at most {most} characters; write less.": "글은 {most}자까지 쓸 수 있습니다. 줄여 주세요.",
    "A region has three corners or more; draw around the thing.": "영역에는 모서리가 셋 이상 있어야 합니다. 물건 둘레를 그려 주세요.",
    # reference_sheet.py
    "How shall it be colored?": "어떻게 칠할까요?",
    "Like this photo": "이 사진처럼",
    "With these colors": "이 색들로",
    "Only change this": "이것만 바꾸기",
    "For color photos: this one has no colors that could stay.": "컬러 사진에서만 됩니다. 이 사진에는 남겨 둘 색이 없습니다.",
    "Undo": "실행 취소",
    "Draw a region": "영역 그리기",
    "Clear the region": "영역 지우기",
    "Show points": "점 보기",
    "Show what changed": "바뀐 곳 보기",
    "The photo in its new colors": "새 색을 입힌 사진",
    "Your photo. Arrow keys move a cross, Enter asks where its color came from; while drawing, Enter sets a corner, twice the last one.": (
        "사진. 화살표 키로 십자를 움직이고 Enter로 그 색이 어디서 왔는지 묻습니다. 그리는 동안 Enter는 모서리를 놓고, 두 번 누르면 마칩니다."
    ),
    "The reference. While drawing, arrow keys move a cross and Enter sets a corner, twice the last one.": (
        "참고 사진. 그리는 동안 화살표 키로 십자를 움직이고 Enter로 모서리를 놓으며, 두 번 누르면 마칩니다."
    ),
    "These are the automatic colors. Choose a photo that shall lend its own.": "자동으로 칠한 색입니다. 색을 빌려줄 사진을 고르세요.",
    "Click a place to see where its color came from. Draw around a thing to color only that.": (
        "어디를 클릭하면 그 색이 어디서 왔는지 보입니다. 물건 둘레를 그리면 그것만 칠합니다."
    ),
    "Only this region listens to this reference. Draw around the same thing there, too.": (
        "이 영역만 이 참고 사진을 따릅니다. 참고 사진에서도 같은 것의 둘레를 그려 보세요."
    ),
    "The brighter in the reference, the more of the color came from there.": "참고 사진에서 밝게 빛나는 곳일수록 색을 많이 빌려주었습니다.",
    "Nothing in the reference looks like this place, so it kept its automatic color.": (
        "참고 사진에 이곳과 닮은 데가 없어 자동으로 칠한 색이 남았습니다."
    ),
    "These are the automatic colors. Choose some that they shall keep to.": "자동으로 칠한 색입니다. 따라야 할 색을 고르세요.",
    "Draw around the thing that shall change, or say it in words.": "바꿀 것의 둘레를 그리거나 글로 적으세요.",
    "Now choose its color, or take it from a photo.": "이제 색을 고르거나 사진에서 가져오세요.",
    "Colors to keep to": "따를 색",
    "Take {color} out": "{color} 빼기",
    "Add a color": "색 더하기",
    "Color of the region": "영역의 색",
    "Color the region {color}": "영역을 이 색으로 칠하기: {color}",
    "Any other color": "다른 색",
    "Or say it in words": "또는 글로 적기",
    "the dress red": "드레스는 빨간색으로",
    "Change it": "바꾸기",
    "Photos that lend their colors": "색을 빌려주는 사진",
    "Or the colors of a photo": "또는 사진의 색",
    "Or take the color from a photo": "또는 사진에서 색 가져오기",
    "References": "참고 사진들",
    "Reference {n}": "참고 사진 {n}",
    "Add one of your own, or an example": "내 사진이나 예시를 더하세요",
    "Your own photo": "내 사진",
    "Remove": "빼기",
    "Draw around a thing to take colors only from there.": "물건 둘레를 그리면 그 안에서만 색을 가져옵니다.",
    "Colors come only from inside the line.": "선 안에서만 색을 가져옵니다.",
    "Take its colors": "이 사진의 색 가져오기",
    "Take the color from it": "여기서 색 가져오기",
    # toolkit/controls/reference.py, toolkit/controls/recoloring.py, toolkit/controls/palette.py
    "There is no region yet; draw around the thing that shall change.": "아직 영역이 없습니다. 바꿀 것의 둘레를 그려 주세요.",
    "{name} has no colors to take; choose a color photo as the reference.": "{name}: 가져올 색이 없습니다. 컬러 사진을 참고 사진으로 골라 주세요.",
    "{name} has {width} x {height} pixels; choose a reference of at least {least} on each side.": (
        "{name}: {width} x {height}픽셀입니다. 참고 사진은 각 변이 {least}픽셀 이상이어야 합니다."
    ),
    "The weight of the reference is {weight}; choose a number from 0 (none of it) to 1 (all of it).": (
        "참고 사진의 비중이 {weight}입니다. 0(전혀 따르지 않음)에서 1(모두 따름) 사이의 수를 고르세요."
    ),
    "{n} references were given; give 1 to {most}.": "참고 사진을 {n}장 주었습니다. 1장에서 {most}장까지 주세요.",
    "Nothing here looks like the reference, so its colors are hardly used; turn the weight up or mark a region.": (
        "참고 사진과 닮은 데가 없어 그 색을 거의 쓰지 않았습니다. 비중을 올리거나 영역을 그려 주세요."
    ),
    "{name} looks like a sepia print; its tint is all that it can lend.": (
        "{name}: 세피아 사진 같습니다. 빌려줄 수 있는 것은 그 한 가지 색조뿐입니다."
    ),
    "{model} does not look through the ViT that references are compared with; choose vit-hint.": (
        "{model}: 참고 사진을 비교하는 ViT로 보지 않는 모델입니다. vit-hint를 고르세요."
    ),
    "{name} is the photo itself; choose another photo as the reference.": "{name}: 칠할 사진 그 자체입니다. 다른 사진을 참고 사진으로 골라 주세요.",
    "A palette of {k} colors was asked for; choose a number from 1 to {most}.": "색 {k}개의 팔레트를 청했습니다. 1에서 {most} 사이의 수를 고르세요.",
    "{name} has no colors to take a palette from; choose a color photo.": "{name}: 팔레트를 뽑을 색이 없습니다. 컬러 사진을 골라 주세요.",
    "Warmth is {warmth}; choose a number from -1 (cool) to 1 (warm).": "따뜻함이 {warmth}입니다. -1(차가움)에서 1(따뜻함) 사이의 수를 고르세요.",
}
