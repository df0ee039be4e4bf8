"""The course of a training is kept in small and shown on the card."""

import json

from PIL import Image

from toolkit.records import keep_record, show_record


def run(folder, sheets):
    folder.mkdir()
    records = [{"step": i, "loss": 2.0 / i} for i in range(1, 60)]
    records[29] |= {"val_psnr": 21.0, "val_gray_psnr": 20.0, "val_colorfulness_ratio": 0.8}
    (folder / "log.jsonl").write_text("".join(json.dumps(r) + "\n" for r in records))
    for step in sheets:
        Image.new("RGB", (2000, 1000), (step % 255, 0, 0)).save(folder / f"sheet-{step:06d}.png")
    return folder


def test_first_middle_and_last_sheet_are_kept_with_the_curves(tmp_path):
    kept = keep_record(run(tmp_path / "run", (10, 20, 30, 40, 50)), tmp_path / "kept")
    assert [f.name for f in kept] == ["log.jsonl", "curves.png", "sheet-000010.jpg", "sheet-000030.jpg", "sheet-000050.jpg"]
    with Image.open(kept[2]) as sheet:
        assert sheet.size == (1100, 550)
    log = [json.loads(line) for line in kept[0].read_text().splitlines()]
    assert len(log) < 20
    assert any("val_psnr" in record for record in log), "validations are never thinned out"
    page = show_record(tmp_path / "kept", "training/x")
    assert page.count("![") == 4
    assert "After 50 steps" in page


def test_a_new_record_replaces_the_old(tmp_path):
    keep_record(run(tmp_path / "one", (10, 20, 30)), tmp_path / "kept")
    keep_record(run(tmp_path / "two", (77,)), tmp_path / "kept")
    assert [f.name for f in sorted((tmp_path / "kept").glob("sheet-*"))] == ["sheet-000077.jpg"]


def test_without_a_log_there_is_nothing_to_show(tmp_path):
    assert keep_record(tmp_path, tmp_path / "kept") == []
    assert show_record(tmp_path / "kept", "training/x") == ""
