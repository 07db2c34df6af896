"""The object store of this installation: a folder, with URLs that the API serves."""

from adapters.objects.folder import FolderObjectStore
from adapters.objects.presigned import Presigner
from processes.secrets import Secrets
from processes.settings import Settings

OBJECTS_PATH = "/objects"


def open_objects(settings: Settings, secrets: Secrets) -> FolderObjectStore:
    """The store. Every process with the same secrets signs URLs that every API node honours."""
    presigner = Presigner(settings.address + OBJECTS_PATH, secrets.object_urls)
    return FolderObjectStore(settings.home / "objects", presigner)
