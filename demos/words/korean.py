"""The Korean of every sentence of the app, by its English; `i18n.py` says how it is used. A section per file that says them.

A particle that depends on the last sound of a value is written so that it fits any value: as "{name}: ...", or with both forms.
"""

from demos.words.korean_compare import COMPARE
from demos.words.korean_reference import REFERENCE
from toolkit.color.korean import korean_colors

KOREAN = {
    # app.py
    "Believable color for black-and-white photographs": "흑백 사진에 그럴듯한 색을",
    "Photos are worked on where this app runs and go nowhere else; their temporary copies are deleted within the hour, and when the app ends.": (
        "사진은 이 앱이 실행되는 곳에서만 처리되고 다른 곳으로 보내지지 않으며, 임시 사본은 한 시간 안에, 그리고 앱이 끝날 때 지워집니다."
    ),
    "Photos are worked on where this app runs; on their way they pass through Gradio's servers. Copies here are deleted within the hour.": (
        "사진은 이 앱이 실행되는 곳에서 처리되지만, 오가는 길에 Gradio의 서버를 거칩니다. 이곳의 사본은 한 시간 안에 지워집니다."
    ),
    # talk.py, door.py, web.py
    "There is no room left on the disk where this app runs; try again later.": (
        "이 앱이 실행되는 곳의 디스크에 자리가 없습니다. 나중에 다시 해 보세요."
    ),
    "Something went wrong here that should not have; try again, or with another photo.": (
        "있어서는 안 될 문제가 생겼습니다. 다시 하거나 다른 사진으로 해 보세요."
    ),
    "Several things that you asked for are still waiting; wait for them, then go on.": (
        "부탁하신 일 여러 개가 아직 기다리고 있습니다. 끝난 뒤에 이어서 해 주세요."
    ),
    "Too many people are waiting just now; try again in a minute.": "지금 기다리는 사람이 너무 많습니다. 잠시 뒤에 다시 해 보세요.",
    "The page sent more than can be taken; reload it.": "페이지가 받을 수 있는 것보다 많이 보냈습니다. 새로 고쳐 주세요.",
    "Automatic": "자동",
    "Click hints": "클릭 힌트",
    "Text prompt": "글로 칠하기",
    "Chat": "대화",
    "Compare": "비교",
    # automatic.py, clicks.py and what they share
    "Your photo, in color": "당신의 사진에 색을",
    "Add a black-and-white photograph, or begin with one of the examples.": "흑백 사진을 넣거나 예시 사진으로 시작해 보세요.",
    "Your photo": "사진",
    "Drop a photo here,\nor click to choose one": "사진을 여기에 놓거나\n클릭해서 고르세요",
    "Or one of these": "또는 이 가운데 하나",
    "Vividness": "생생함",
    "From safe to lively": "무난하게 ~ 생기 있게",
    "Model": "모델",
    "Before and after": "전과 후",
    "Download": "내려받기",
    "Download PNG, {width} × {height}": "PNG 내려받기, {width} × {height}",
    "Color layer": "색 레이어",
    "Show where it is unsure: red places could have other colors": "확신이 없는 곳 보기: 붉은 곳은 다른 색일 수도 있습니다",
    "Or take another proposal": "다른 제안 고르기",
    "Downloads are PNG at full size, with the photo's own lightness. The color layer lies over the original in an image editor, "
    "blend mode Color. Colors are plausible, not a historical record.": (
        "원본 크기의 PNG로 내려받으며 밝기는 사진 그대로입니다. 색 레이어는 이미지 편집기에서 원본 위에 혼합 모드 '색상'으로 얹습니다. "
        "색은 그럴듯한 추정이며 역사적 기록이 아닙니다."
    ),
    "Where the examples come from": "예시 사진의 출처",
    "There is no photo yet; drop one here.": "아직 사진이 없습니다. 여기에 놓아 주세요.",
    "The photo is not here any more, to make room for others; please add it again.": (
        "다른 사진에 자리를 내주느라 사진이 더는 남아 있지 않습니다. 다시 넣어 주세요."
    ),
    "Take this one: {label}": "이것으로 하기: {label}",
    "{mood}, {detail}": "{mood}, {detail}",
    "calm": "차분함",
    "balanced": "균형",
    "lively": "생기",
    "vivid": "선명함",
    "whole scene": "장면 전체",
    "standard": "표준",
    "fine detail": "세밀하게",
    "looking at the photo": "사진을 살펴보는 중",
    "painting": "칠하는 중",
    "trying sizes and temperatures": "여러 크기와 생생함을 시험하는 중",
    "done": "마침",
    "Fairly sure of {share} % of the picture, most in the {best}; least sure in the {worst}.": (
        "그림의 {share} %는 꽤 확실합니다. 가장 확실한 곳: {best}, 가장 불확실한 곳: {worst}."
    ),
    "Fairly sure of {share} % of the picture, most in the {best}; least sure in the {worst}; there it could be {one} or {two}.": (
        "그림의 {share} %는 꽤 확실합니다. 가장 확실한 곳: {best}, 가장 불확실한 곳: {worst}(그곳은 {one} 또는 {two}일 수 있습니다)."
    ),
    "Fairly sure of {share} % of the picture, most in the {best}; least sure in the {worst}; there it could be {one} or {two} or {three}.": (
        "그림의 {share} %는 꽤 확실합니다. 가장 확실한 곳: {best}, 가장 불확실한 곳: {worst}(그곳은 {one}, {two} 또는 {three}일 수 있습니다)."
    ),
    "top left": "왼쪽 위",
    "top": "위",
    "top right": "오른쪽 위",
    "left": "왼쪽",
    "middle": "가운데",
    "right": "오른쪽",
    "bottom left": "왼쪽 아래",
    "bottom": "아래",
    "bottom right": "오른쪽 아래",
    "This photo had color already; only its lightness was used.": "이미 색이 있는 사진이라 밝기만 썼습니다.",
    "The sepia tone was taken away before coloring.": "세피아 색조를 걷어 내고 칠했습니다.",
    "Memory was short: went on in half precision.": "메모리가 모자라 절반 정밀도로 계속했습니다.",
    "Memory was short: the model looked at the photo at {size} px.": "메모리가 모자라 모델이 사진을 {size} px로 보았습니다.",
    "Memory was short: went on on the CPU.": "메모리가 모자라 CPU에서 계속했습니다.",
    "Stopped.": "멈췄습니다.",
    # alternatives.py and alternatives_desk.py
    "Show me alternatives": "다른 가능성 보기",
    "Nobody knows the true colors. Here are several that fit the photo; choose one to take it.": (
        "진짜 색은 아무도 모릅니다. 이 사진에 어울리는 여러 가지이니 마음에 드는 것을 고르세요."
    ),
    "Draw others": "다른 것 그리기",
    "Close": "닫기",
    "How many": "몇 장",
    "Variety": "다양함",
    "How far they may go from the safest colors; at 0 they are all alike. Costs nothing.": (
        "가장 무난한 색에서 얼마나 멀어져도 되는지. 0이면 모두 같아집니다. 시간은 더 들지 않습니다."
    ),
    "Steps": "단계",
    "Number of drawing steps: more is cleaner; twice as many take twice as long.": (
        "한 장을 몇 번에 나누어 그리는지. 많을수록 깔끔하지만, 두 배로 늘리면 시간도 두 배가 듭니다."
    ),
    "Guidance": "이끄는 힘",
    "Above 1, the photo and your hints decide more and chance less; takes twice as long.": (
        "1보다 크면 우연보다 사진과 힌트가 더 많이 정합니다. 시간은 두 배가 듭니다."
    ),
    "A dial is empty; give it a number.": "빈 다이얼이 있습니다. 숫자를 넣어 주세요.",
    "Waiting for the model …": "모델을 기다리는 중 …",
    "Looking at the photo …": "사진을 살펴보는 중 …",
    "Drawing …": "그리는 중 …",
    "Choose one to take it.": "마음에 드는 것을 고르세요.",
    "number {n}": "{n}번",
    "Where they disagree: the redder a place, the more its colors differ.": "서로 다른 곳: 붉을수록 색이 더 엇갈립니다.",
    "This alternative is not here any more; draw others.": "이 그림은 더는 남아 있지 않습니다. 다른 것을 그려 주세요.",
    "None of the alternatives was chosen yet; choose one first.": "아직 고른 것이 없습니다. 먼저 하나를 골라 주세요.",
    "This is number {n} of many plausible colorings.": "그럴듯한 여러 채색 가운데 {n}번입니다.",
    "Go on with click hints": "클릭 힌트로 이어 가기",
    # batch.py
    "Several photos at once": "여러 장을 한꺼번에",
    "Up to 100 photos, each in its full size, together in one zip. The vividness is the one set above.": (
        "최대 100장까지, 저마다 원본 크기로, zip 하나에 담습니다. 생생함은 위에서 정한 값을 따릅니다."
    ),
    "Photos": "사진들",
    "Color all": "모두 칠하기",
    "Stop": "멈추기",
    "Download zip": "zip 내려받기",
    "Add some photos first.": "먼저 사진을 넣어 주세요.",
    "Photo {i} of {n} …": "사진 {n}장 중 {i}번째 …",
    "Photo {i} of {n}: {what}": "사진 {n}장 중 {i}번째: {what}",
    "{done} of {n} photos colored.": "사진 {n}장 중 {done}장을 칠했습니다.",
    "Only the first {most} were taken.": "처음 {most}장만 받았습니다.",
    "Stopping …": "멈추는 중 …",
    # clicks.py and hint_desk.py
    "You say what was green": "무엇이 초록색이었는지 알려 주세요",
    "Add a photograph and click a thing in it: a coat, a wall, the sky. Choose among its likely colors; the whole of it follows.": (
        "사진을 넣고 외투, 벽, 하늘 같은 것을 클릭하세요. 그럴듯한 색 가운데 고르면 그 전체가 따라옵니다."
    ),
    "Saturation": "채도",
    "Of what you have not hinted": "힌트를 주지 않은 곳의 채도",
    "Suggest a click": "클릭할 곳 제안",
    "Show how far the selected hint reaches": "선택한 힌트가 미치는 범위 보기",
    "Remove the loaded mask": "불러온 마스크 빼기",
    "Save hints": "힌트 저장",
    "As a mask": "마스크로 저장",
    "Load hints": "힌트 불러오기",
    "Another photo": "다른 사진",
    "A palette has at most {most} colors; take some out.": "팔레트에는 색을 {most}개까지 넣을 수 있습니다. 몇 개를 빼 주세요.",
    "Hints come as .json, or as a mask painted on a transparent .png; this file is neither.": (
        "힌트는 .json이나 투명한 .png에 그린 마스크여야 하는데, 이 파일은 둘 다 아닙니다."
    ),
    "This hint file is too large to be one; it should be far below 20 MB.": "힌트 파일이라기에는 너무 큽니다. 20 MB보다 훨씬 작아야 합니다.",
    "There are no hints yet; set one in the photo first.": "아직 힌트가 없습니다. 먼저 사진에 하나 놓아 주세요.",
    # samples.py
    "{title} – {author}; {licence}. Scaled down.": "{title} – {author}; {licence}. 축소함.",
    "Five men in hats and suits outdoors": "야외에서 모자와 양복 차림의 다섯 남자",
    "Studio portrait of an old man with a moustache and bow tie": "콧수염과 나비넥타이를 한 노인의 스튜디오 초상",
    "Portrait of astronaut Eileen Collins in an orange suit, flag and shuttle behind": (
        "주황색 우주복을 입은 우주인 아일린 콜린스, 뒤에 국기와 우주왕복선"
    ),
    "Portrait of Rear Admiral Grace Hopper in dark uniform before a flag": "국기 앞에 선 어두운 제복의 그레이스 호퍼 제독",
    "Man with a film camera on a tripod on a lawn": "잔디밭에서 삼각대에 영화 카메라를 세운 남자",
    "Mountain path, grass slope, gray rock, snow, blue sky": "산길, 풀 비탈, 회색 바위, 눈, 파란 하늘",
    "Room with wooden table, wine bottle and glass, loudspeaker, drum on a beanbag": "나무 탁자, 포도주 병과 잔, 스피커, 빈백 위의 북이 있는 방",
    "Two brown spaniels looking out of a wooden house": "나무집 밖을 내다보는 갈색 스패니얼 두 마리",
    "Head of a ginger tabby cat": "주황색 얼룩 고양이의 얼굴",
    "Chinese pagoda tower above trees and a lake": "나무와 호수 위로 솟은 중국 탑",
    "Church with red roofs, a street with cars and a bus in front": "앞길에 자동차와 버스가 있는 붉은 지붕의 교회",
    "Red cup of coffee on a saucer on a wooden table": "나무 탁자 위 받침에 놓인 빨간 커피잔",
    # chat.py
    "Conversation": "대화",
    "Message": "메시지",
    "**Talk a photo into color**\n\nSend a photo, then write what should have which color: “make the jacket navy”, “no, darker”, “now the wall”.": (
        "**말로 색을 입히세요**\n\n사진을 보낸 다음 무엇을 어떤 색으로 할지 쓰세요: ‘재킷을 남색으로’, ‘아니, 더 어둡게’, ‘이제 벽’."
    ),
    "Send a photo, or write what should change": "사진을 보내거나 바꿀 것을 쓰세요",
    "Begin with one of these": "이 가운데 하나로 시작하기",
    "Or say": "이렇게 말해 보세요",
    "make the sky light blue": "하늘은 연한 파란색으로",
    "no, darker": "아니, 더 어둡게",
    "warmer": "더 따뜻하게",
    "everything else black and white": "나머지는 흑백으로",
    "undo": "취소",
    "help": "도움말",
    "English and Korean are understood. Pictures in the chat are small copies; the download has the full size.": (
        "영어와 한국어를 알아듣습니다. 대화 속 그림은 작은 사본이며, 내려받기는 원본 크기입니다."
    ),
    # prompts.py
    "Say it in words": "글로 말하기",
    "“Make the dress red and the sky light blue”, in English or Korean. Add a photograph, write, and see what was understood.": (
        "“드레스는 빨간색으로, 하늘은 연한 파란색으로.” 한국어나 영어로 쓰세요. 사진을 올리고 쓰면 무엇을 알아들었는지 보여 드립니다."
    ),
    "Keep the other colors": "다른 색은 그대로 두기",
    "Only what you name changes": "말한 것만 바뀝니다",
    "Send to click hints": "클릭 힌트로 보내기",
    "What should have which color?": "무엇을 어떤 색으로 할까요?",
    "the dress red, the sky light blue, everything else as it is": "드레스는 빨간색으로, 하늘은 연한 파란색으로, 나머지는 그대로",
    "Color it": "칠하기",
    "Redo": "다시 실행",
    "Undo the last prompt": "마지막 문장 취소",
    "In this photo": "이 사진에 있는 것",
    "For example": "예를 들면",
    "Words that fit": "맞는 낱말",
    "Words that fit: {n}; choose one with the arrow keys.": "맞는 낱말 {n}개. 화살표 키로 고르세요.",
    "The photo before": "칠하기 전 사진",
    "The photo in the colors that were asked for": "말한 색으로 칠한 사진",
    "Share of the photo before that is shown, from the left": "왼쪽부터 보이는 칠하기 전 사진의 비율",
    "Drag across the picture to compare it with the photo before.": "그림 위를 끌면 칠하기 전 사진과 비교할 수 있습니다.",
    "What was understood": "알아들은 것",
    "Words": "낱말",
    "Found": "찾은 것",
    "Color": "색",
    "Write this word instead": "이 낱말로 바꾸기",
    "Show where it was found": "찾은 곳 보기",
    "Choose words to see where they were found: the brighter, the surer; the line goes around what was colored.": (
        "낱말을 고르면 찾은 곳이 보입니다. 밝을수록 확실하고, 선은 칠한 곳의 둘레입니다."
    ),
    "These are the automatic colors. What you write replaces them where it says so.": "자동으로 고른 색입니다. 글로 말한 곳은 그 색으로 바뀝니다.",
    "Working …": "작업 중 …",
    "Done; rows in the table: {n}.": "끝났습니다. 표의 줄 수: {n}.",
    "There are no words yet; write what should have which color, or choose an example.": (
        "아직 쓴 글이 없습니다. 무엇을 어떤 색으로 할지 쓰거나 예를 고르세요."
    ),
    "None of these words could be understood; name a thing and a color, like “the sky blue”.": (
        "알아들은 낱말이 없습니다. ‘하늘은 파란색’처럼 사물과 색을 써 주세요."
    ),
    "The other colors are kept, so wishes for the whole picture change nothing; switch “Keep the other colors” off for them.": (
        "다른 색을 그대로 두므로 사진 전체에 대한 말은 아무것도 바꾸지 않습니다. 그러려면 ‘다른 색은 그대로 두기’를 끄세요."
    ),
    "There are no hints to send; write first what should have which color.": "보낼 힌트가 없습니다. 먼저 무엇을 어떤 색으로 할지 써 주세요.",
    "The page sent no prompt; reload it.": "페이지가 문장을 보내지 않았습니다. 페이지를 새로 고치세요.",
    # toolkit/text
    "The prompt has {n} characters; at most {most} can be read, so say it shorter or in several steps.": (
        "글이 {n}자입니다. {most}자까지 읽을 수 있으니 짧게 쓰거나 여러 번에 나누어 말해 주세요."
    ),
    # toolkit/photo/decoding.py
    "{name} is {what}: {what_to_do}.": "{name}: {what}입니다. {what_to_do}.",
    "a camera raw file": "카메라 원본(raw) 파일",
    "develop it to JPEG or TIFF first": "먼저 JPEG나 TIFF로 현상해 주세요",
    "a PDF document": "PDF 문서",
    "export its page as PNG first": "먼저 그 쪽을 PNG로 내보내 주세요",
    "a zip archive or office document": "zip 압축 파일이나 오피스 문서",
    "unpack it and open the photo inside": "압축을 풀고 그 안의 사진을 열어 주세요",
    "an archive": "압축 파일",
    "a Photoshop document": "포토샵 문서",
    "export it as PNG or TIFF first": "먼저 PNG나 TIFF로 내보내 주세요",
    "a JPEG XL image": "JPEG XL 이미지",
    "a JPEG 2000 image": "JPEG 2000 이미지",
    "save it as JPEG or PNG first": "먼저 JPEG나 PNG로 저장해 주세요",
    "a video": "동영상",
    "save one of its frames as PNG first": "먼저 한 장면을 PNG로 저장해 주세요",
    "a Git LFS pointer, not the photo itself": "사진이 아니라 Git LFS 포인터",
    "fetch it with `git lfs pull`": "`git lfs pull`로 받아 주세요",
    "a HEIC photo, which needs a plugin": "플러그인이 필요한 HEIC 사진",
    "install it with `pip install pillow-heif`, or save the photo as JPEG": "`pip install pillow-heif`로 설치하거나 사진을 JPEG로 저장해 주세요",
    "a video or sound": "동영상이나 소리",
    "an SVG drawing, not a photo": "사진이 아니라 SVG 그림",
    "export it as PNG first": "먼저 PNG로 내보내 주세요",
    "a web page, not a photo": "사진이 아니라 웹 페이지",
    "save the photo itself instead of the page around it": "페이지 대신 사진 자체를 저장해 주세요",
    "a text file, not a photo": "사진이 아니라 텍스트 파일",
    "choose a JPEG, PNG, WebP or TIFF": "JPEG, PNG, WebP, TIFF 가운데 골라 주세요",
    "{name} needs more memory than there is: make it smaller.": "{name}: 메모리가 모자랍니다. 사진을 줄여 주세요.",
    "{name} is not an image that is read here: choose a JPEG, PNG, WebP or TIFF.": (
        "{name}: 여기서 읽을 수 없는 이미지입니다. JPEG, PNG, WebP, TIFF 가운데 골라 주세요."
    ),
    "{name} is a damaged TIFF or one of a rare kind (such as floats in color): save it as PNG or as a TIFF of 8 or 16 bits.": (
        "{name}: 손상되었거나 드문 종류의 TIFF입니다(예: 실수 색상). PNG나 8비트 또는 16비트 TIFF로 저장해 주세요."
    ),
    "{name} is damaged or was cut short: copy or download it again.": (
        "{name}: 손상되었거나 중간에 잘린 파일입니다. 다시 복사하거나 내려받아 주세요."
    ),
    "A photo is opened from a path, bytes, a binary file or a Pillow image, not {kind}: pass one of these.": (
        "사진은 경로, bytes, 이진 파일, Pillow 이미지로 열며 {kind}(으)로는 열 수 없습니다. 이 가운데 하나를 넘겨 주세요."
    ),
    "{name} is a web address, and nothing is fetched from the network: download the photo and open the file.": (
        "{name}: 웹 주소이며, 네트워크에서는 아무것도 가져오지 않습니다. 사진을 내려받아 파일을 열어 주세요."
    ),
    "{name} is not a file but a folder or a device: choose a photo inside it.": (
        "{name}: 파일이 아니라 폴더나 장치입니다. 그 안의 사진을 골라 주세요."
    ),
    "{name} was not found: check the path {path}.": "{name}: 찾을 수 없습니다. 경로를 확인해 주세요: {path}.",
    "{name} may not be read by this user: change its permissions.": "{name}: 이 사용자는 읽을 수 없습니다. 권한을 바꿔 주세요.",
    "{name} cannot be read: check the path {path}.": "{name}: 읽을 수 없습니다. 경로를 확인해 주세요: {path}.",
    "{name} cannot be read from the given file object: open it for reading in binary mode.": (
        "{name}: 주어진 파일 객체에서 읽을 수 없습니다. 이진 읽기 모드로 열어 주세요."
    ),
    "{name} was opened as text: open it in binary mode, 'rb'.": "{name}: 텍스트로 열렸습니다. 이진 모드 'rb'로 열어 주세요.",
    "{name} is longer than {most} MiB: pass a smaller photo.": "{name}: {most} MiB를 넘습니다. 더 작은 사진을 넣어 주세요.",
    "{name} is empty: copy or download it again.": "{name}: 빈 파일입니다. 다시 복사하거나 내려받아 주세요.",
    "{name} is a JPEG of {scans} scans, which would take minutes to decode: save it again with another program.": (
        "{name}: 스캔이 {scans}번인 JPEG라 여는 데 몇 분이 걸립니다. 다른 프로그램으로 다시 저장해 주세요."
    ),
    "{name} has {size}, over the limit of {most}: make it smaller.": ("{name}: {size}(으)로, 한도 {most} 메가픽셀을 넘습니다. 사진을 줄여 주세요."),
    "{width} x {height} pixels ({millions} megapixels)": "{width} x {height} 픽셀({millions} 메가픽셀)",
    "{name} has no pixels: choose another photo.": "{name}: 픽셀이 없습니다. 다른 사진을 골라 주세요.",
    # toolkit/photo.py
    "A photo is an array of shape (H, W) or (H, W, 3) with at least one pixel, not {shape}: rearrange it.": (
        "사진은 픽셀이 하나 이상 있는 (H, W) 또는 (H, W, 3) 모양의 배열이어야 하는데 {shape}입니다. 모양을 바꿔 주세요."
    ),
    "A photo is made of uint8, uint16 or float 0..1, not {kind}: convert it.": (
        "사진은 uint8, uint16 또는 0..1의 실수로 되어 있어야 하는데 {kind}입니다. 변환해 주세요."
    ),
    "{name} has no ending that can be written: end it with {endings}.": ("{name}: 저장할 수 없는 확장자입니다. {endings} 가운데 하나로 끝내 주세요."),
    "Photos are not written as {format}: choose png, jpg, webp or tiff.": (
        "사진은 {format}(으)로 저장할 수 없습니다. png, jpg, webp, tiff 가운데 골라 주세요."
    ),
    "A color layer is a PNG, which {name} does not end with: choose a name ending with .png.": (
        "색 레이어는 PNG인데 {name}의 확장자가 다릅니다. .png로 끝나는 이름을 골라 주세요."
    ),
    "{name} is a folder: choose a file name.": "{name}: 폴더입니다. 파일 이름을 골라 주세요.",
    "{name} exists already: choose another name, or allow overwriting.": "{name}: 이미 있습니다. 다른 이름을 고르거나 덮어쓰기를 허락해 주세요.",
    "The folder {folder} does not exist: create it first.": "{folder} 폴더가 없습니다. 먼저 만들어 주세요.",
    "The folder {folder} may not be written to: choose another.": "{folder} 폴더에는 쓸 수 없습니다. 다른 곳을 골라 주세요.",
    "{name} could not be written ({reason}): choose another place or name.": (
        "{name}: 저장하지 못했습니다({reason}). 다른 곳이나 이름을 골라 주세요."
    ),
    "A picture to write is a uint8 tensor (3, H, W), not {kind}: convert it.": (
        "저장할 그림은 uint8 텐서 (3, H, W)여야 하는데 {kind}입니다. 변환해 주세요."
    ),
    "{format} holds at most {most} pixels a side, not {pixels}: choose PNG or TIFF.": (
        "{format}: 한 변이 {most} 픽셀까지인데 {pixels} 픽셀입니다. PNG나 TIFF를 골라 주세요."
    ),
    "quality goes from 1 to 100, not {quality}: 95 is a good one.": "품질은 1에서 100까지인데 {quality}입니다. 95가 알맞습니다.",
    # toolkit/guidance.py
    "Two masks of different sizes cannot be combined; paint both on the same photo.": (
        "크기가 다른 두 마스크는 합칠 수 없습니다. 둘 다 같은 사진 위에 그려 주세요."
    ),
    "There are {n} hints; at most {most} can be used.": "힌트가 {n}개입니다. {most}개까지 쓸 수 있습니다.",
    "There are {n} different lassos; at most {most} can be used.": "서로 다른 올가미가 {n}개입니다. {most}개까지 쓸 수 있습니다.",
    "The mask is {w} x {h} but the photo is {width} x {height}; save the mask at the photo's size.": (
        "마스크는 {w} x {h}인데 사진은 {width} x {height}입니다. 마스크를 사진 크기로 저장해 주세요."
    ),
    "The hint file is not JSON ({reason}); it should look like {example}.": (
        "힌트 파일이 JSON이 아닙니다({reason}). 이런 모양이어야 합니다: {example}."
    ),
    "The hint file has no list of hints; it should look like {example}.": "힌트 파일에 힌트 목록이 없습니다. 이런 모양이어야 합니다: {example}.",
    "The hint file has version {version}; this program reads version {known}.": (
        "힌트 파일의 버전은 {version}인데, 이 프로그램은 버전 {known}을(를) 읽습니다."
    ),
    "The canvas sent no list of hints; reload the page.": "캔버스가 힌트 목록을 보내지 않았습니다. 페이지를 새로 고쳐 주세요.",
    "{name} is not text in UTF-8; give hints as .json saved in UTF-8 or a mask as .png.": (
        "{name}: UTF-8 텍스트가 아닙니다. UTF-8로 저장한 .json 힌트나 .png 마스크를 주세요."
    ),
    "{name} cannot be read ({reason}); check the path.": "{name}: 읽을 수 없습니다({reason}). 경로를 확인해 주세요.",
    "There are no strokes to save as a mask; save the hints as .json.": "마스크로 저장할 획이 없습니다. 힌트를 .json으로 저장해 주세요.",
    "A hint lies at {place} and has the size {size}; give numbers, in pixels of the photo.": (
        "힌트의 자리가 {place}, 크기가 {size}입니다. 사진의 픽셀 수로 적어 주세요."
    ),
    "The lasso of a hint has a corner that is not two numbers; give (x, y) in pixels of the photo.": (
        "힌트의 올가미에 두 수가 아닌 모서리가 있습니다. 사진의 픽셀로 (x, y)를 주세요."
    ),
    "The lasso of a hint has {n} corners; draw around a region, with three or more.": (
        "힌트의 올가미에 모서리가 {n}개뿐입니다. 셋 이상으로 영역을 둘러 주세요."
    ),
    "Hint {i}": "힌트 {i}",
    "Hint {i} of the hint file": "힌트 파일의 힌트 {i}",
    "{where} is not an object with x, y and color.": "{where}: x, y, color가 있는 객체가 아닙니다.",
    "{where} has no usable number for {key}.": "{where}: {key}에 쓸 수 있는 수가 없습니다.",
    '{where} has no color; write it as "#3a6ea5" or by name.': '{where}: 색이 없습니다. "#3a6ea5"처럼 쓰거나 이름으로 써 주세요.',
    "{where} has a lasso that is not a list of corners [x, y].": "{where}: 올가미가 모서리 [x, y]의 목록이 아닙니다.",
    "The mask {name} is {width} x {height}; it should have the photo's size.": (
        "마스크 {name}의 크기가 {width} x {height}입니다. 사진과 같은 크기여야 합니다."
    ),
    "The mask {name} has no transparency; paint the hints on a transparent layer.": (
        "마스크 {name}에 투명한 곳이 없습니다. 투명한 레이어에 힌트를 그려 주세요."
    ),
    "{name} is not a PNG that can be read; save the mask again.": "{name}: 읽을 수 있는 PNG가 아닙니다. 마스크를 다시 저장해 주세요.",
    # toolkit/color.py
    "{text} is not a color: write it as text, like #3a6ea5.": "{text}: 색이 아닙니다. #3a6ea5처럼 글로 써 주세요.",
    "{text} is not a color: the numbers of rgb() go from 0 to 255.": "{text}: 색이 아닙니다. rgb()의 수는 0에서 255까지입니다.",
    "{text} is not a color I know: write it like #3a6ea5 or rgb(58, 110, 165), or take a name such as {names}.": (
        "{text}: 모르는 색입니다. #3a6ea5나 rgb(58, 110, 165)처럼 쓰거나 {names} 같은 이름을 써 주세요."
    ),
    # toolkit/pipeline.py and registry.py
    "There is no device {name} here; available: {names}.": "여기에는 {name} 장치가 없습니다. 쓸 수 있는 장치: {names}.",
    "The working size is {size}; choose one between 32 and 2048 px, best near {best}.": (
        "작업 크기가 {size}입니다. 32에서 2048 px 사이, 되도록 {best} 가까이로 골라 주세요."
    ),
    "Vividness is {value}; choose a number from 0 (safe) to 1 (lively).": (
        "생생함이 {value}입니다. 0(무난하게)에서 1(생기 있게) 사이의 수를 골라 주세요."
    ),
    "Saturation is {value}; choose a number from 0 (gray) to 2 (double).": "채도가 {value}입니다. 0(회색)에서 2(두 배) 사이의 수를 골라 주세요.",
    "The tint is {tint}; choose a and b between {least} and {most}.": "색조가 {tint}입니다. a와 b를 {least}에서 {most} 사이로 골라 주세요.",
    "{n} steps were asked for; choose a number from 1 to {most}.": "{n}단계를 요청했습니다. 1에서 {most} 사이의 수를 골라 주세요.",
    "The strength of guidance is {strength}; choose a number from 0 to {most}, where 1 is none.": (
        "이끄는 힘이 {strength}입니다. 0에서 {most} 사이의 수를 골라 주세요. 1은 이끌지 않음입니다."
    ),
    "{n} samples were asked for; choose a number from 1 to {most}.": "{n}장을 요청했습니다. 1에서 {most} 사이의 수를 골라 주세요.",
    "{name} gives one answer to a photo; choose a model that draws, such as diffusion.": (
        "{name}: 사진 하나에 답을 하나만 냅니다. diffusion처럼 여러 가지를 그리는 모델을 고르세요."
    ),
    "No model that draws several colorings is here; clone the repository again.": (
        "여러 채색을 그리는 모델이 없습니다. 저장소를 다시 복제해 주세요."
    ),
    "The weights {name} were trained on another {painter}; use the files that belong together.": (
        "가중치 {name}: 다른 {painter}로 학습한 것입니다. 서로 짝이 맞는 파일을 쓰세요."
    ),
    "A palette is a list of at most {most} colors.": "팔레트는 최대 {most}가지 색의 목록입니다.",
    "There is no manifest.json in {folder}; clone the repository again or set HUEPOINT_WEIGHTS.": (
        "{folder}에 manifest.json이 없습니다. 저장소를 다시 복제하거나 HUEPOINT_WEIGHTS를 정해 주세요."
    ),
    "{path} is not readable JSON; clone the repository again.": "{path}: 읽을 수 있는 JSON이 아닙니다. 저장소를 다시 복제해 주세요.",
    "{file} names no {what}; clone the repository again.": "{file}에 {what}이(가) 없습니다. 저장소를 다시 복제해 주세요.",
    "There is no model {name}; known models: {names}.": "{name} 모델이 없습니다. 아는 모델: {names}.",
    "{path} is no weights file that can be read; give the checkpoint.safetensors of a training.": (
        "{path}: 읽을 수 있는 가중치 파일이 아닙니다. 학습에서 나온 checkpoint.safetensors를 주세요."
    ),
    "{path} holds weights of an unknown architecture {name}; it may need a newer version.": (
        "{path}: 모르는 구조 {name}의 가중치입니다. 더 새로운 버전이 필요할 수 있습니다."
    ),
    "The weights {file} cannot be read; fetch the file again.": "가중치 {file}을(를) 읽을 수 없습니다. 파일을 다시 받아 주세요.",
    "The weights {file} are missing from {folder}; clone the repository again.": (
        "가중치 {file}이(가) {folder}에 없습니다. 저장소를 다시 복제해 주세요."
    ),
    "The weights {file} are not what the manifest promises ({reason}); fetch the file again.": (
        "가중치 {file}이(가) manifest와 다릅니다({reason}). 파일을 다시 받아 주세요."
    ),
    "The weights {file} are not a safetensors file; fetch the file again.": (
        "가중치 {file}이(가) safetensors 파일이 아닙니다. 파일을 다시 받아 주세요."
    ),
    "The weights {file} do not fit the model ({reason}); use the file that belongs to this version.": (
        "가중치 {file}이(가) 모델과 맞지 않습니다({reason}). 이 버전에 딸린 파일을 써 주세요."
    ),
}

KOREAN |= COMPARE | REFERENCE | korean_colors()
