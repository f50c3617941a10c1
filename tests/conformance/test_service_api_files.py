"""The Service API, case by case (spec service-api §12): uploads, previews and signed links."""

import re
from uuid import uuid4

import pytest

from tests.server import sample_apps
from tests.server.harness import Workbench
from tests.server.http_client import AppApi
from tests.server.matchers import ID, NOW, TEXT, refused

MIB = 1024 * 1024


def use(api: AppApi, file_id: str, kind: str = "image") -> str:
    """Sends an uploaded file with a message; its conversation."""
    sent = {"type": kind, "transfer_method": "local_file", "upload_file_id": file_id}
    answer = api.chat("look", files=[sent])
    assert answer.status_code == 200, answer.text
    return str(answer.json()["conversation_id"])


def test_case_76_uploads(workbench: Workbench) -> None:
    api, png = workbench.of(sample_apps.IMAGE_CHAT), workbench.png()
    answer = api.upload("harbour.png", png)
    assert answer.status_code == 201
    body = answer.json()
    assert body == {
        "id": ID,
        "name": "harbour.png",
        "size": len(png),
        "extension": "png",
        "mime_type": "image/png",
        "created_by": ID,
        "created_at": NOW,
        "preview_url": None,
        "source_url": TEXT,
    }
    assert workbench.http.get(body["source_url"]).content == png
    part = ("a.png", png, "image/png")
    two = [("file", part), ("file", part)]
    form = {"user": api.user}
    refused(api.call("POST", "/files/upload", files=two, data=form), 400, "too_many_files")
    other_name = [("file", part), ("second", part)]
    refused(api.call("POST", "/files/upload", files=other_name, data=form), 400, "too_many_files")
    refused(api.call("POST", "/files/upload", files={"wrong": part}, data=form), 400, "no_file_uploaded")
    refused(api.call("POST", "/files/upload", files={"file": (None, "text")}, data=form), 400, "no_file_uploaded")
    unnamed = multipart('form-data; name="file"; filename=""', png)
    refused(api.call("POST", "/files/upload", **unnamed), 400, "filename_not_exists_error")
    refused(api.post("/files/upload", {"user": api.user}), 415, "unsupported_media_type")


def multipart(disposition: str, content: bytes, mime: str = "image/png") -> dict[str, object]:
    """A body whose only part has this header, which clients do not write of themselves."""
    body = (
        f"--edge\r\nContent-Disposition: {disposition}\r\nContent-Type: {mime}\r\n\r\n".encode()
        + content
        + b"\r\n--edge--\r\n"
    )
    return {"content": body, "headers": {"Content-Type": "multipart/form-data; boundary=edge"}}


def test_an_anonymous_upload_belongs_to_the_default_user(workbench: Workbench) -> None:
    app = workbench.import_app(sample_apps.IMAGE_CHAT)
    api = workbench.api(app)
    answer = api.call("POST", "/files/upload", files={"file": ("a.png", workbench.png(), "image/png")})
    assert answer.status_code == 201
    users = workbench.rows("SELECT id, session_id, is_anonymous FROM end_users WHERE app_id = :id", id=app.id)
    assert [(user, bool(anonymous)) for _, user, anonymous in users] == [("DEFAULT-USER", True)]
    assert users[0][0] == answer.json()["created_by"]


def test_case_77_the_limit_of_images_is_inclusive(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.IMAGE_CHAT)
    image = workbench.png()
    fits = image + b"\0" * (10 * MIB - len(image))
    assert api.upload("big.png", fits).status_code == 201
    refused(api.upload("bigger.png", fits + b"\0"), 413, "file_too_large")
    assert api.upload("big.txt", fits, "text/plain").status_code == 201
    refused(api.upload("bigger.txt", b"x" * (15 * MIB + 1), "text/plain"), 413, "file_too_large")


@pytest.mark.parametrize(
    ("name", "mime", "extension"),
    [
        ("photo.png", "image/png", "png"),
        ("notes.md", "text/markdown", "md"),
        ("table.csv", "text/csv", "csv"),
        ("strange.qqq", "application/octet-stream", "qqq"),
        ("README", "application/octet-stream", ""),
        ("Ünïcode 東京.PNG", "image/png", "png"),
    ],
)
def test_case_78_a_part_without_a_type_is_guessed(workbench: Workbench, name: str, mime: str, extension: str) -> None:
    api = workbench.of(sample_apps.IMAGE_CHAT)
    content = workbench.png() if mime == "image/png" else b"a,b\n1,2\n"
    body = (
        f'--edge\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'.encode()
        + content
        + b"\r\n--edge--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=edge"}
    answer = api.call("POST", "/files/upload", content=body, headers=headers)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["name"], made["mime_type"], made["extension"]) == (name, mime, extension)


def test_case_78_forbidden_extensions_and_names(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.IMAGE_CHAT)
    refused(api.upload("setup.exe", b"MZ", "application/octet-stream"), 400, "file_extension_blocked")
    refused(api.upload("SETUP.EXE", b"MZ", "application/octet-stream"), 400, "file_extension_blocked")
    long = api.upload("n" * 300 + ".png", workbench.png())
    assert long.status_code == 201
    assert long.json()["name"] == "n" * 200 + ".png"


@pytest.mark.parametrize("name", ["../../etc/passwd.png", "a/b.png", "a\\b.png", "a:b.png", "a<b>.png", "a|b.png"])
def test_names_are_never_paths(workbench: Workbench, name: str) -> None:
    api = workbench.of(sample_apps.IMAGE_CHAT)
    answer = api.call("POST", "/files/upload", **multipart(f'form-data; name="file"; filename="{name}"', b"x"))
    if answer.status_code == 201:
        assert not set(answer.json()["name"]) & set('/\\:*?"<>|')
    else:
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_param")


def test_case_79_previews(any_workbench: Workbench) -> None:
    workbench = any_workbench
    api, png = workbench.of(sample_apps.IMAGE_CHAT), workbench.png()
    file_id = api.upload("harbour.png", png).json()["id"]
    refused(api.get(f"/files/{file_id}/preview"), 404, "file_not_found")
    use(api, file_id)
    shown = api.get(f"/files/{file_id}/preview")
    assert (shown.status_code, shown.content) == (200, png)
    assert shown.headers["content-type"] == "image/png"
    assert shown.headers["content-length"] == str(len(png))
    assert shown.headers["cache-control"] == "public, max-age=3600"
    assert "content-disposition" not in shown.headers
    kept = api.get(f"/files/{file_id}/preview", as_attachment="true", user=api.user)
    assert kept.headers["content-type"] == "application/octet-stream"
    assert kept.headers["content-disposition"] == "attachment; filename*=UTF-8''harbour.png"
    other = workbench.of(sample_apps.FILE_CHATFLOW)
    refused(other.get(f"/files/{file_id}/preview"), 403, "file_access_denied")
    refused(api.get(f"/files/{uuid4()}/preview"), 404, "file_not_found")
    refused(api.get("/files/x/preview"), 404, "not_found")


def test_html_and_svg_are_never_shown_in_place(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.FILE_CHATFLOW)
    script = b"<script>alert(1)</script>"
    for name, mime, kind, content in (
        ("page.html", "text/html", "document", script),
        ("image.svg", "image/svg+xml", "image", b'<svg xmlns="http://www.w3.org/2000/svg">' + script + b"</svg>"),
    ):
        uploaded = api.upload(name, content, mime).json()
        use(api, uploaded["id"], kind)
        for address in (f"{api.base}/files/{uploaded['id']}/preview", uploaded["source_url"]):
            answer = workbench.http.get(address, headers=api.headers)
            assert answer.status_code == 200
            assert answer.headers["content-disposition"].startswith("attachment")
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_signed_links_hold_for_one_file_only(workbench: Workbench) -> None:
    api = workbench.of(sample_apps.IMAGE_CHAT)
    one, two = (api.upload(f"{name}.png", workbench.png()).json() for name in ("one", "two"))
    link = one["source_url"]
    assert re.fullmatch(r"http://[^/]+/files/[0-9a-f-]{36}/file-preview\?timestamp=\d+&nonce=\w+&sign=.+", link)
    for forged in (
        link.replace(one["id"], two["id"]),
        re.sub(r"timestamp=\d+", "timestamp=9999999999", link),
        re.sub(r"nonce=\w", "nonce=Z", link),
        re.sub(r"sign=.{4}", "sign=AAAA", link),
        link.partition("?")[0],
        re.sub(r"timestamp=\d+", "timestamp=soon", link),
        re.sub(r"timestamp=\d+", "timestamp=" + "9" * 400, link),
        link + "&sign=second",
    ):
        answer = workbench.http.get(forged)
        assert answer.status_code in (403, 404), forged
    assert workbench.http.get(link + "&as_attachment=true").headers["content-disposition"].startswith("attachment")


def test_a_text_cannot_have_a_file_signed(workbench: Workbench) -> None:
    """Links in stored answers are signed anew when listed, but only those that were made here."""
    owner, thief = workbench.of(sample_apps.IMAGE_CHAT), workbench.of(sample_apps.PLAIN_CHATFLOW)
    upload = owner.upload("mine.png", workbench.png()).json()
    forged = f"{workbench.server.url}/files/{upload['id']}/file-preview?timestamp=1&nonce=ab&sign=cd"
    answer = thief.chat(f"{forged} and {upload['source_url']}").json()
    query = {"user": thief.user, "conversation_id": answer["conversation_id"]}
    listed = thief.get("/messages", **query).json()["data"][0]["answer"]
    links = re.findall(r"http\S+", listed)
    assert links[0] == forged
    assert workbench.http.get(links[0]).status_code == 404
    assert links[1] != upload["source_url"]
    assert workbench.http.get(links[1]).content == workbench.png()


def test_files_of_another_user_are_not_usable(workbench: Workbench) -> None:
    app = workbench.shared_app(sample_apps.IMAGE_CHAT)
    owner, other = workbench.api(app), workbench.api(app)
    file_id = owner.upload("mine.png", workbench.png()).json()["id"]
    sent = {"type": "image", "transfer_method": "local_file", "upload_file_id": file_id}
    refused(other.chat("look", files=[sent]), 400, "invalid_param", params="files")
    refused(other.chat("look", files=[sent], response_mode="streaming"), 400, "invalid_param", params="files")
    assert owner.chat("look", files=[sent]).status_code == 200
