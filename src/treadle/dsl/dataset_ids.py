"""Ids of knowledge bases in files: sealed on export, so that other workspaces lose them (app-dsl §5.2)."""

import base64
import binascii
import hashlib
import uuid

from pydantic import JsonValue

from treadle.dsl.sections import JsonMap


def seal_dataset_id(dataset_id: str, workspace_id: str) -> str:
    """The id as it stands in a file: AES-CBC under a key made of the workspace's id, in base64."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    key = hashlib.sha256(workspace_id.encode()).digest()
    padder = PKCS7(128).padder()
    padded = padder.update(dataset_id.encode()) + padder.finalize()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def open_dataset_id(text: str, workspace_id: str) -> str | None:
    """The id behind the text of a file, or None when it belongs to another workspace. Plain ids come back as such."""
    if _is_id(text):
        return text
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.padding import PKCS7

    key = hashlib.sha256(workspace_id.encode()).digest()
    try:
        decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        padded = decryptor.update(base64.b64decode(text, validate=True)) + decryptor.finalize()
        unpadder = PKCS7(128).unpadder()
        opened = (unpadder.update(padded) + unpadder.finalize()).decode()
    except (binascii.Error, ValueError):
        return None
    return opened if _is_id(opened) else None


def with_open_dataset_ids(graph: JsonMap, workspace_id: str) -> JsonMap:
    """A graph whose retrieval nodes name the knowledge bases of this workspace; ids that do not open are dropped."""
    nodes = graph.get("nodes")
    if not isinstance(nodes, list):
        return graph
    return {**graph, "nodes": [_opened(node, workspace_id) for node in nodes]}


def _opened(node: JsonValue, workspace_id: str) -> JsonValue:
    data = node.get("data") if isinstance(node, dict) else None
    ids = data.get("dataset_ids") if isinstance(data, dict) else None
    if not isinstance(node, dict) or not isinstance(data, dict) or not isinstance(ids, list):
        return node
    opened = [open_dataset_id(item, workspace_id) for item in ids if isinstance(item, str)]
    return {**node, "data": {**data, "dataset_ids": [item for item in opened if item is not None]}}


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
