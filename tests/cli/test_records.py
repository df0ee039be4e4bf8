"""The course of a training is kept in small and shown on the card."""

import json

from PIL import Image

from toolkit.cli.pages.records import keep_record, show_record


def run(folder, losses):
    folder.mkdir()
    records = [{"step": i, "loss": losses / i} for i in range(1, 60)]
    records[29] |= {"val_psnr": 21.0, "val_gray_psnr": 20.0, "val_colorfulness_ratio": 0.8}
    (folder / "log.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    Image.new("RGB", (200, 100)).save(folder / "sheet-000030.png")
    return folder


def test_the_log_is_kept_thinned_with_its_curves_and_without_photos(tmp_path):
    kept = keep_record(run(tmp_path / "run", 2.0), tmp_path / "kept")
    assert [f.name for f in kept] == ["log.jsonl", "curves.png"]
    assert sorted(f.name for f in (tmp_path / "kept").iterdir()) == ["curves.png", "log.jsonl"], (
        "validation photos may not be ours to publish"
    )
    log = [json.loads(line) for line in kept[0].read_text().splitlines()]
    assert len(log) < 20
    assert any("val_psnr" in record for record in log), "validations are never thinned out"
    assert show_record(tmp_path / "kept", "training/x").endswith("(training/x/curves.png)")


def test_a_new_record_replaces_the_old(tmp_path):
    keep_record(run(tmp_path / "one", 2.0), tmp_path / "kept")
    log, _ = keep_record(run(tmp_path / "two", 7.0), tmp_path / "kept")
    assert json.loads(log.read_text().splitlines()[0])["loss"] == 7.0


def test_without_a_log_there_is_nothing_to_show(tmp_path):
    assert keep_record(tmp_path, tmp_path / "kept") == []
    assert show_record(tmp_path / "kept", "training/x") == ""
