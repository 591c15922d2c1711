"""Uploads: what is sent is opened, whatever it is called; what is broken, too large or a trap is refused."""

import io
import json
import os
import signal
import subprocess
import sys
import zipfile
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import dcmread
from support.samples import PASSES, STOMACH_FAILS
from support.workbench import Client, Running, until, workbench

from rtcheck.web.file_names import safe_name

FILES = {path.name: path.read_bytes() for path in sorted(PASSES.glob("*.dcm")) if not path.name.startswith("ct_")}


def opened(page: Client, files) -> tuple[str, dict]:
    """The upload's name and the case of its only plan."""
    upload = page.post("api/uploads").json()["upload"]
    assert page.upload(files, to=f"api/uploads/{upload}").status == 200
    plans = page.post(f"api/uploads/{upload}/plans").json()["plans"]
    reply = page.post("api/cases", {"upload": upload, **plans[0]["open"]})
    assert reply.status == 200, reply.body
    return upload, reply.json()


def zipped(files) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize("form", ["files", "folders", "zip", "hostile"])
def test_a_plan_is_opened_however_it_is_sent(page: Client, form):
    files = {
        "files": FILES,
        "folders": {f"export/{n}/{name}": content for n, (name, content) in enumerate(FILES.items())},
        "zip": {"export.zip": zipped(FILES)},
        "hostile": {
            f"../../<img src=x onerror=alert(1)>/\x1b[31m{n}\r\n{name}": c for n, (name, c) in enumerate(FILES.items())
        },
    }[form]
    _, case = opened(page, files)
    assert case["plan"] == "Liver 50 Gy"
    assert page.check(case["case"])["verdict"] == "pass"


@given(st.text(max_size=300))
@settings(max_examples=300)
def test_a_name_never_leads_out_of_the_folder_it_is_written_to(name):
    safe = safe_name(name)
    assert not safe.is_absolute()
    assert ".." not in safe.parts
    assert safe.parts
    assert all(0 < len(part.encode()) <= 200 and part.isprintable() for part in safe.parts)


def test_texts_call_an_uploaded_file_as_its_user_does(page: Client):
    upload = page.post("api/uploads").json()["upload"]
    page.upload({"mine/RD.dcm": FILES["dose.dcm"][:5000]}, to=f"api/uploads/{upload}")
    reply = page.post(f"api/uploads/{upload}/plans")
    told = json.dumps(reply.json())
    assert "mine/RD.dcm" in told
    assert "rtcheck-serve" not in told


def test_a_folder_without_a_plan_is_refused_in_the_readers_words(page: Client):
    upload = page.post("api/uploads").json()["upload"]
    page.upload({"notes.txt": b"no plan"}, to=f"api/uploads/{upload}")
    reply = page.post(f"api/uploads/{upload}/plans")
    assert (reply.status, reply.error["code"]) == (422, "folder.no-rt")


def test_several_plans_are_listed_to_choose_from(page: Client):
    other = {path.name: path.read_bytes() for path in STOMACH_FAILS.glob("*.dcm") if not path.name.startswith("ct_")}
    files = {f"a/{name}": content for name, content in FILES.items()} | {f"b/{n}": c for n, c in other.items()}
    upload = page.post("api/uploads").json()["upload"]
    page.upload(files, to=f"api/uploads/{upload}")
    plans = page.post(f"api/uploads/{upload}/plans").json()["plans"]
    assert sorted(plan["label"] for plan in plans) == ["Liver 50 Gy", "Liver 56 Gy"]
    reply = page.post("api/cases", {"upload": upload, "path": ""})
    assert (reply.status, reply.error["code"]) == (409, "web.choose")
    listed = page.post(f"api/uploads/{upload}/files").json()["files"]
    assert sorted(each["role"] for each in listed) == ["dose", "dose", "plan", "plan", "structures", "structures"]
    chosen = page.post(
        "api/cases",
        {"upload": upload, "path": "", "plan": "a/plan.dcm", "doses": ["a/dose.dcm"], "structures": "a/struct.dcm"},
    )
    assert chosen.json()["plan"] == "Liver 50 Gy"


def test_a_form_that_is_cut_off_leaves_no_file(served: Running, page: Client):
    upload = page.post("api/uploads").json()["upload"]
    kind = "multipart/form-data; boundary=x"
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="half_of_it.dcm"\r\n\r\nhalf of it'
    reply = page.ask("POST", f"api/uploads/{upload}", body, {"content-type": kind})
    assert (reply.status, reply.error["code"]) == (400, "web.broken-upload")
    assert not [path for folder in served.private_folders for path in folder.rglob("half_of_it.dcm")]


@pytest.mark.parametrize("body", [b"", b"nothing of a form", b"--y\r\n\r\n--y--", os.urandom(2000)])
def test_what_is_no_form_is_refused(page: Client, body):
    upload = page.post("api/uploads").json()["upload"]
    reply = page.ask("POST", f"api/uploads/{upload}", body, {"content-type": "multipart/form-data; boundary=x"})
    assert reply.status == 400
    assert page.ask("POST", f"api/uploads/{upload}", body, {"content-type": "application/json"}).status == 415


def test_an_upload_beyond_its_bound_is_refused_and_the_server_goes_on(tmp_path):
    with workbench(tmp_path, "--max-upload", 1) as running:
        page = running.client.begin()
        reply = page.upload({"big.dcm": b"\0" * (1024**2 + 1)})
        assert (reply.status, reply.error["code"]) == (413, "web.too-large")
        assert not [path for folder in running.private_folders for path in folder.rglob("big.dcm")]
        assert page.get("api/state").status == 200


def test_an_archive_that_grows_beyond_all_bounds_is_refused_before_it_is_unpacked(page: Client):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.dcm", b"\0" * 100 * 1024**2)
        for number in range(1, 50):  # one member under fifty names, as such archives are made
            again = copy(archive.getinfo("0.dcm"))
            again.filename = f"{number}.dcm"
            archive.filelist.append(again)
    upload = page.post("api/uploads").json()["upload"]
    page.upload({"bomb.zip": stream.getvalue()}, to=f"api/uploads/{upload}")
    reply = page.post(f"api/uploads/{upload}/plans")
    assert (reply.status, reply.error["code"]) == (413, "web.inflated")


def test_pages_do_not_see_each_others_uploads_or_cases(page: Client, served: Running):
    upload, case = opened(page, FILES)
    stranger = served.client.begin()
    assert stranger.post(f"api/uploads/{upload}/plans").status == 404
    assert stranger.post(f"api/cases/{case['case']}/check", {"protocol": "apatinib"}).status == 404
    assert stranger.post("api/cases", {"upload": upload, "path": ""}).status == 404
    assert served.client.post("api/uploads").status == 404, "without a session there is no upload"


def test_a_read_only_server_takes_nothing(tmp_path):
    with workbench(tmp_path, PASSES.parent, "--read-only") as running:
        page = running.client.begin()
        assert page.get("api/state").json()["read_only"]
        for path in ("api/uploads", "api/protocols"):
            assert page.post(path).status == 403
        assert page.check(page.open_served("apatinib_50gy"))["verdict"] == "pass"


def test_what_was_uploaded_goes_with_the_server_and_its_log_names_no_patient_and_no_file(tmp_path):
    hostile = {"Meier^Anna/plan.dcm": FILES["plan.dcm"], "Meier^Anna/d.dcm": FILES["dose.dcm"][:3000]}
    with workbench(tmp_path, PASSES) as running:
        page = running.client.begin()
        _, case = opened(page, FILES)
        (folder,) = running.private_folders
        assert folder.stat().st_mode & 0o077 == 0
        assert len(list(folder.rglob("*.dcm"))) == len(FILES)
        page.post(f"api/sessions/{page.session}/leave")
        assert page.post("api/here").status == 200, "a reload finds its session"
        assert len(list(folder.rglob("*.dcm"))) == len(FILES)
        page.check(case["case"])
        page.check(opened(page, hostile)[1]["case"])
        page.check(page.open_served("plan"))
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(timeout=120) == 0
        assert running.private_folders == []
        log = running.log.read_text()
    for text in ("SAMPLE", "Meier", "Sample", ".dcm", "Liver", page.session):
        assert text not in log


def test_what_a_killed_server_left_goes_at_the_next_start_and_what_a_living_one_holds_stays(tmp_path):
    with workbench(tmp_path) as running:
        opened(running.client.begin(), FILES)
        workers = running.workers()
        running.process.kill()
        running.process.wait()
        (left,) = running.private_folders
        assert until(
            lambda: (
                not any(
                    Path(f"/proc/{pid}/stat").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]
                    for pid in workers
                )
            )
        ), "workers end with their server"
        with workbench(tmp_path) as second:
            assert left not in second.private_folders
            (held,) = second.private_folders
            with workbench(tmp_path) as third:
                assert held in third.private_folders


def test_a_folder_that_another_program_made_is_left_alone(tmp_path):
    stranger = tmp_path / "rtcheck-serve-mine"
    stranger.mkdir()
    (stranger / "file").write_text("x")
    link = tmp_path / "rtcheck-serve-link"
    link.symlink_to(stranger)
    with workbench(tmp_path):
        assert (stranger / "file").exists()
        assert link.is_symlink()


def test_a_worker_that_is_killed_is_replaced_and_its_question_answered(tmp_path):
    with workbench(tmp_path, STOMACH_FAILS) as running:
        page = running.client.begin()
        plans = page.get("api/plans").json()["plans"]
        with ThreadPoolExecutor(1) as pool:
            reply = pool.submit(page.post, "api/cases", plans[0]["open"])
            for pid in running.workers():
                os.kill(pid, signal.SIGKILL)
            assert reply.result().status == 200, "killed while it reads"
        case = reply.result().json()["case"]
        before = page.check(case)
        for pid in running.workers():
            os.kill(pid, signal.SIGKILL)
        after = page.check(case)
        assert after["telling"] == before["telling"] or after["verdict"] == before["verdict"]
        assert running.process.poll() is None


def test_an_error_that_may_be_ignored_is_said_to_be_and_the_command_line_says_so_too(page: Client):
    structures = dcmread(PASSES / "struct.dcm")
    for roi in structures.StructureSetROISequence:
        roi.ReferencedFrameOfReferenceUID = "1.2.3"
    structures.FrameOfReferenceUID = structures.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID = "1.2.3"
    moved = io.BytesIO()
    structures.save_as(moved)
    upload = page.post("api/uploads").json()["upload"]
    page.upload({**FILES, "struct.dcm": moved.getvalue()}, to=f"api/uploads/{upload}")
    plan = {"upload": upload, **page.post(f"api/uploads/{upload}/plans").json()["plans"][0]["open"]}
    refused = page.post("api/cases", plan)
    assert (refused.status, refused.error["code"], refused.error["can_ignore"]) == (422, "frame.mismatch", True)
    case = page.post("api/cases", plan | {"ignore": ["frame.mismatch"]}).json()["case"]
    assert "frame.mismatch" in {each["code"] for each in page.check(case)["telling"]["warnings"]}
    command = page.post(f"api/cases/{case}/command", {"protocol": "apatinib"}).json()["command"]
    assert "--ignore frame.mismatch" in command
    assert page.post("api/cases", plan | {"ignore": ["dose.none"]}).status == 409


@pytest.mark.parametrize(
    "spoil", [lambda b: b[: len(b) // 2], lambda b: b[:200] + b"\xff" * 400 + b[600:], lambda b: b * 2]
)
def test_a_broken_file_is_told_and_the_server_goes_on(page: Client, spoil):
    upload = page.post("api/uploads").json()["upload"]
    page.upload({**FILES, "dose.dcm": spoil(FILES["dose.dcm"])}, to=f"api/uploads/{upload}")
    page.post(f"api/uploads/{upload}/plans")
    reply = page.post("api/cases", {"upload": upload, "path": "", "plan": "plan.dcm"})
    if reply.status == 200:
        assert page.check(reply.json()["case"])["verdict"] in ("not_evaluated", "fail", "pass")
    else:
        assert reply.error["text"]
        assert "Traceback" not in reply.error["text"]
    assert page.get("api/state").status == 200


def test_twenty_pages_at_once_each_get_their_own_answer(tmp_path):
    with workbench(tmp_path, PASSES.parent) as running:
        names = ["apatinib_50gy", "apatinib_56gy", "apatinib_liver", "axitinib"]
        expected = {"apatinib_50gy": "pass", "apatinib_56gy": "fail", "apatinib_liver": "fail", "axitinib": "pass"}

        plans = running.client.begin().get("api/plans").json()["plans"]

        def work(number: int) -> bool:
            page, name = running.client.begin(), names[number % 4]
            case = page.post("api/cases", next(each for each in plans if each["name"].startswith(name))["open"])
            asked = {"case": case.json()["case"], "protocol": name.partition("_")[0]}
            return all(page.check(**asked)["verdict"] == expected[name] for _ in range(2))

        with ThreadPoolExecutor(20) as pool:
            assert all(pool.map(work, range(20)))


def test_a_port_in_use_is_told_in_a_sentence(tmp_path, served: Running):
    port = served.client.address.split(":")[2].split("/")[0]
    ran = subprocess.run(
        [sys.executable, "-m", "rtcheck", "serve", "--port", port, "--no-browser"],
        capture_output=True, text=True, check=False,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    assert ran.returncode == 2
    assert "Cannot listen on 127.0.0.1" in ran.stderr
    assert "Traceback" not in ran.stderr
