"""The command `python -m toolkit train NAME`: what can be trained is found in toolkit/training/recipes and among the
networks of the zoo.
"""

from collections.abc import Callable
from typing import Annotated

from cyclopts import App, Parameter

from toolkit.training.recipes import about, find, names
from toolkit.training.recipes import train as run

EXAMPLES = """examples:
  python -m toolkit train unet --data my-photos/ --minutes 30
  python -m toolkit train unet --data train-0.tar train-1.tar --val val.tar --out runs/mine
  python -m toolkit train unet --data my-photos/ --out runs/mine --minutes 90 --resume
  python -m toolkit train vit-hint --data my-photos/ --minutes 75 --unet runs/mine/checkpoint.safetensors
  python -m toolkit train diffusion --data my-photos/ --minutes 85 --painter vit-hint
  python -m toolkit train plain-unet --data shapes             # of the teaching zoo, on generated shapes: a minute
  python -m toolkit train drconv-unet --data my-photos/ --steps 2000
  python -m toolkit train pix2pix --data shapes --study --out runs/balance   # what keeps a GAN in balance
  python -m toolkit train localizer --data regions.tar --captioned photos.tar --captions photos.jsonl.gz
  python -m toolkit train matcher --data my-photos/ --regions regions.tar --captions photos.jsonl.gz --minutes 60
  python -m toolkit train encoder --data photos-0.tar photos-1.tar --val val.tar   # the ViT; days on a CPU"""
app = App("train", help_epilogue=EXAMPLES, default_parameter=Parameter(consume_multiple=(1, None)))


def __getattr__(name: str) -> Callable[..., int]:
    """The command of one training, made when it is asked for: its options are in
    its file, which imports what is heavy.
    """
    if name not in names():
        raise AttributeError(name)
    job_type = find(name).job

    def train(*, job: Annotated[job_type, Parameter("*")]) -> int:  # type: ignore[valid-type]  # known only now
        done = run(name, job)
        print(done.then.format(path=done.path, name=name))
        return 0

    return train


for _place, _name in enumerate(names()):
    _own = [line for line in EXAMPLES.splitlines() if f" train {_name} " in line]
    app.command(
        f"{__name__}:{_name}",
        name=_name,
        help=about(_name),
        sort_key=_place,
        help_epilogue="\n".join(["examples:", *_own]) if _own else "",
    )
