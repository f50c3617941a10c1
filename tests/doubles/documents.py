"""Sample files of every format that the product reads, made at run time."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.doubles import media, office

SENTENCE = "The harbour master keeps the spare key under the blue anchor."
"""In every text document, so that a test can ask each of them for it."""

TEXT_KINDS = ("txt", "md", "pdf", "docx", "xlsx", "csv", "html", "json", "yaml", "eml")
MEDIA_KINDS = ("png", "wav", "mp3", "mp4")

MARKDOWN = f"""# Harbour handbook

{SENTENCE}

## Boats

| Boat | Seats |
| --- | --- |
| Rowing boat | 4 |

```python
# not a heading
```

## C# boats

See [the guide](https://example.org/guide) and ![a picture](https://example.org/boat.png).
"""

HTML = f"""<!doctype html>
<html lang="en"><head><title>Harbour handbook</title><style>p {{ color: navy }}</style></head>
<body><nav>Home</nav><main><h1>Harbour handbook</h1><p>{SENTENCE}</p></main>
<script>let hidden = 1</script></body></html>
"""

EML = f"""From: Harbour Master <master@example.org>
To: crew@example.org
Subject: =?utf-8?q?Sp=C3=A4ter_Schl=C3=BCssel?=
Date: Wed, 01 May 2024 09:00:00 +0000
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

{SENTENCE}
"""


@dataclass(frozen=True)
class Documents:
    """The written files by kind (extension)."""

    folder: Path
    paths: Mapping[str, Path]

    def __getitem__(self, kind: str) -> Path:
        return self.paths[kind]


def contents() -> dict[str, bytes]:
    """The bytes of every sample by kind."""
    return {
        "txt": f"Harbour handbook\n\n{SENTENCE}\n\nBoats leave at nine. Größe und 東京 stay readable.\n".encode(),
        "md": MARKDOWN.encode(),
        "pdf": office.pdf([f"Harbour handbook\n{SENTENCE}", "Second page\nBoats leave at nine (sharp)."]),
        "docx": office.docx(
            ["Harbour handbook", SENTENCE],
            table=[["Boat", "Seats"], ["Rowing boat", "4"]],
            link=("the guide", "https://example.org/guide"),
            with_image=True,
        ),
        "xlsx": office.xlsx(
            {
                "Boats": [["Boat", "Seats", "Note"], ["Rowing boat", 4, SENTENCE], [], ["Sailing boat", 6.5, None]],
                "Crew": [["Name"], ["Ada"]],
            },
            links={"A2": "https://example.org/rowing"},
        ),
        "csv": f'Boat,Seats,Note\nRowing boat,4,"{SENTENCE}"\nSailing boat,6,\n'.encode(),
        "html": HTML.encode(),
        "json": f'{{"title": "Harbour handbook", "rules": ["{SENTENCE}"]}}\n'.encode(),
        "yaml": f"title: Harbour handbook\nrules:\n  - {SENTENCE}\n".encode(),
        "eml": EML.replace("\n", "\r\n").encode(),
        "png": media.png(),
        "wav": media.wav(),
        "mp3": media.mp3(),
        "mp4": media.mp4(),
    }


def write_documents(folder: Path) -> Documents:
    """Writes `sample.<kind>` of every kind into a folder."""
    paths: dict[str, Path] = {}
    for kind, data in contents().items():
        paths[kind] = folder / f"sample.{kind}"
        paths[kind].write_bytes(data)
    return Documents(folder, paths)
