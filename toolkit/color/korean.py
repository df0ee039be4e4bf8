"""Korean names for the colors of `names.spoken`, as they are shown to people. (The Korean words that people may write
are in the lexicon of text prompts.)
"""

from functools import cache

_COLORS = """
black 검정, white 하양, gray 회색, dim gray 칙칙한 회색, light gray 밝은 회색, silver 은색, white smoke 흰 연기색, slate gray 슬레이트 회색,
light slate gray 밝은 슬레이트 회색, dark slate gray 어두운 슬레이트 회색, red 빨강, dark red 검붉은색, maroon 적갈색, brown 갈색,
firebrick 내화 벽돌색, crimson 진홍색, tomato 토마토색, coral 산호색, light coral 밝은 산호색, orange red 주홍색, salmon 연어색,
dark salmon 어두운 연어색, light salmon 밝은 연어색, rosy brown 장밋빛 갈색, orange 주황색, dark orange 진한 주황색, chocolate 초콜릿색,
saddle brown 안장 갈색, sienna 시에나색, sandy brown 모래 갈색, tan 황갈색, wheat 밀색, peach puff 연한 복숭아색, linen 리넨색,
beige 베이지색, antique white 고풍스러운 흰색, gold 금색, goldenrod 미역취색, dark goldenrod 어두운 미역취색, pale goldenrod 옅은 미역취색,
khaki 카키색, dark khaki 어두운 카키색, yellow 노랑, light yellow 연노랑, lemon chiffon 연한 레몬색, ivory 상아색, olive 올리브색,
olive drab 칙칙한 올리브색, dark olive green 어두운 올리브 녹색, yellow green 황록색, green yellow 녹황색, chartreuse 샤르트뢰즈색,
lime 라임색, lime green 라임 녹색, green 초록, dark green 진초록, forest green 숲 녹색, sea green 바다 녹색, light green 연두색,
pale green 옅은 초록, spring green 봄 녹색, honeydew 감로색, mint cream 박하 크림색, teal 청록색, dark cyan 어두운 청록색, cyan 시안색,
light cyan 밝은 시안색, turquoise 터키석색, medium turquoise 중간 터키석색, dark turquoise 어두운 터키석색, pale turquoise 옅은 터키석색,
light sea green 밝은 바다 녹색, aquamarine 아쿠아마린색, cadet blue 생도복 파랑, azure 하늘빛 흰색, blue 파랑, navy 남색, dark blue 진파랑,
medium blue 중간 파랑, midnight blue 한밤의 파랑, royal blue 로열 블루, cornflower blue 수레국화색, dodger blue 다저 블루,
deep sky blue 짙은 하늘색, sky blue 하늘색, light sky blue 밝은 하늘색, light blue 연파랑, powder blue 파우더 블루, steel blue 강철색,
light steel blue 밝은 강철색, alice blue 앨리스 블루, slate blue 슬레이트 파랑, dark slate blue 어두운 슬레이트 파랑, indigo 쪽빛,
blue violet 청보라, dark violet 진보라, purple 자주색, medium purple 중간 자주색, violet 보라, orchid 난초색, plum 자두색, thistle 엉겅퀴색,
lavender 라벤더색, magenta 마젠타색, dark magenta 어두운 마젠타색, deep pink 진분홍, hot pink 선명한 분홍, pink 분홍, light pink 연분홍,
misty rose 안개 낀 장미색, off-white 미색, cream 크림색, eggshell 달걀 껍질색, stone 돌색, warm gray 따뜻한 회색, cool gray 차가운 회색,
charcoal 숯색, asphalt 아스팔트색, pewter 백랍색, taupe 두더지색, gray brown 회갈색, scarlet 다홍색, cherry red 체리색, raspberry 산딸기색,
brick red 벽돌색, rust 녹슨 색, terracotta 테라코타색, burgundy 버건디색, wine red 포도주색, dusty rose 바랜 장미색, rose 장미색,
blush 홍조색, baby pink 아기 분홍, mauve 연보라 회색, peach 복숭아색, apricot 살구색, pumpkin 호박색, amber 호박 보석색, honey 꿀색,
caramel 캐러멜색, copper 구리색, bronze 청동색, brass 놋쇠색, ochre 황토색, mustard 겨자색, straw 밀짚색, sand 모래색, lemon yellow 레몬색,
light brown 연갈색, red brown 붉은 갈색, dark brown 진갈색, chestnut 밤색, mahogany 마호가니색, walnut 호두나무색, oak 참나무색,
coffee 커피색, umber 암갈색, auburn 적갈색 머리색, ginger 생강색, earth brown 흙색, moss green 이끼색, sage green 세이지 녹색,
olive green 올리브 녹색, army green 국방색, grass green 풀색, leaf green 잎색, pine green 솔잎색, bottle green 병 녹색,
emerald green 에메랄드색, jade green 옥색, mint green 박하색, gray green 회녹색, petrol blue 페트롤 블루, ice blue 얼음색,
baby blue 아기 파랑, denim blue 데님색, cobalt blue 코발트색, gray blue 회청색, dark gray blue 진한 회청색, lilac 라일락색,
aubergine 가지색, dark purple 진자주, gray violet 회보라
"""


def korean_color(name: str) -> str:
    """ "moss green" -> "이끼색"; a name without a Korean one is returned unchanged."""
    return korean_colors().get(name, name)


@cache
def korean_colors() -> dict[str, str]:
    """{"moss green": "이끼색"} for all names. In the table, the English name ends at the first Korean letter."""
    found = {}
    for entry in _COLORS.replace("\n", " ").strip().split(", "):
        start = next(i for i, letter in enumerate(entry) if "가" <= letter <= "힣")
        found[entry[: start - 1]] = entry[start:]
    return found
