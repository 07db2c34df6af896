"""A presigned POST's form, read as it streams: some short fields, then one file, nothing after."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from adapters.objects.presigned import AccessRefused

FIELD_COUNT_MAX = 16
FIELDS_BYTES_MAX = 16 * 1024
FORM_OVERHEAD_BYTES_MAX = FIELDS_BYTES_MAX + 16 * 1024
"""A form may be longer than its file by this much: fields, part headers and boundaries."""


@dataclass
class UploadForm:
    """What has arrived. `fields` is complete once `has_file`."""

    fields: dict[str, str] = field(default_factory=dict)
    has_file: bool = False
    is_complete: bool = False


class UploadFormReader:
    """Feeds on body chunks. Raises AccessRefused for anything that is not such a form."""

    def __init__(self, content_type: str | None) -> None:
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not 0 < len(boundary) <= 70:
            raise AccessRefused(400, "MalformedPOSTRequest")
        self.form = UploadForm()
        self._name = ""
        self._header = ["", ""]
        self._value = bytearray()
        self._fields_bytes = 0
        self._file_chunks: list[bytes] = []
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": self._header_name_arrives,
                "on_header_value": self._header_value_arrives,
                "on_header_end": self._header_ends,
                "on_part_data": self._data_arrives,
                "on_part_end": self._part_ends,
                "on_end": self._form_ends,
            },
        )

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Take a chunk of the body. Answers the bytes of the file that were in it."""
        try:
            self._parser.write(chunk)
        except MultipartParseError as malformed:
            raise AccessRefused(400, "MalformedPOSTRequest") from malformed
        chunks, self._file_chunks = self._file_chunks, []
        return iter(chunks)

    def _part_begins(self) -> None:
        # S3 ignores fields after the file. Here nothing may follow it.
        if self.form.has_file or len(self.form.fields) >= FIELD_COUNT_MAX:
            raise AccessRefused(400, "MalformedPOSTRequest")
        self._name = ""
        self._header = ["", ""]
        self._value.clear()

    def _header_name_arrives(self, data: bytes, start: int, end: int) -> None:
        self._header[0] += data[start:end].decode("latin-1")

    def _header_value_arrives(self, data: bytes, start: int, end: int) -> None:
        self._header[1] += data[start:end].decode("latin-1")

    def _header_ends(self) -> None:
        name, value = self._header
        if name.lower() == "content-disposition":
            _, options = parse_options_header(value)
            self._name = options.get(b"name", b"").decode("latin-1")
            self.form.has_file = self._name == "file"
        self._header = ["", ""]

    def _data_arrives(self, data: bytes, start: int, end: int) -> None:
        if self.form.has_file:
            self._file_chunks.append(data[start:end])
            return
        self._fields_bytes += end - start
        if self._fields_bytes > FIELDS_BYTES_MAX:
            raise AccessRefused(400, "MaxPostPreDataLengthExceeded")
        self._value += data[start:end]

    def _part_ends(self) -> None:
        if self.form.has_file:
            return
        try:
            self.form.fields[self._name] = self._value.decode()
        except UnicodeDecodeError as malformed:
            raise AccessRefused(400, "MalformedPOSTRequest") from malformed

    def _form_ends(self) -> None:
        self.form.is_complete = True
