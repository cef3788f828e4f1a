"""Parquet tables, streamed; pictures may be inside, as in Hugging Face data sets: struct{bytes, path} or binary."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shelflens.errors import SourceError
from shelflens.feed.base import BadRow, BytesPhoto, Columns, Feed
from shelflens.feed.rows import Record, TableFeed, count_photos, flatten

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

_ROWS_OF_WORDS = 4096  # read at a time
_ROWS_OF_PICTURES = 64  # a picture weighs megabytes
_BUFFER = 1 << 20  # bytes read ahead per column, in place of a whole row group's


class _NotText:
    """In place of a text cell that is not UTF-8."""


def open_parquet(path: Path, *, columns: Columns) -> Feed:
    return TableFeed(ParquetReader(path), columns=columns)


class ParquetReader:
    """Rows count from 1: "table.parquet:17" is the 17th. Objects inside a row become columns "size.width"."""

    typed = True

    def __init__(self, path: Path) -> None:
        self.path = path
        with _open(path) as file:
            schema = file.schema_arrow
        if len(set(schema.names)) < len(schema.names):
            raise SourceError(f"{path}: two columns have one name ({', '.join(schema.names)}); rename one")
        self._pictures = {field.name for field in schema if _holds_pictures(field.type)}
        self._lists = {field.name for field in schema if _is_list(field.type)}
        # A column of the file -> the columns that it becomes.
        self._columns = {
            field.name: (field.name,) if field.name in self._pictures else tuple(_leaves(field)) for field in schema
        }
        self.columns = tuple(name for names in self._columns.values() for name in names)
        self.attributes = tuple(name for name in self.columns if name not in self._pictures)

    def records(self, columns: Collection[str]) -> Iterator[Record | BadRow]:
        import pyarrow as pa

        wanted = [name for name, parts in self._columns.items() if not set(parts).isdisjoint(columns)]
        size = _ROWS_OF_WORDS if self._pictures.isdisjoint(wanted) else _ROWS_OF_PICTURES
        first = 1
        with _open(self.path) as file:
            for group in range(file.num_row_groups):
                row = first
                first += file.metadata.row_group(group).num_rows
                try:
                    for batch in file.iter_batches(size, row_groups=[group], columns=wanted):
                        yield from self._records(batch, row)
                        row += batch.num_rows
                except (OSError, pa.ArrowException) as error:
                    reason = f"rows {row} to {first - 1} cannot be read ({error}); write or download the file again"
                    yield BadRow(f"{self.path.name}:{row}", reason)

    def count(self, columns: Collection[str]) -> int | None:
        """Pictures inside the table are counted without being read; None when there are lists of them."""
        inside = self._pictures.intersection(columns)
        if inside & self._lists:
            return None
        words = set(columns) - inside
        return sum(map(self._filled, inside)) + (count_photos(self.records(words), words) if words else 0)

    def _filled(self, column: str) -> int:
        """Rows that have a picture: the fuller one of its bytes and its path."""
        filled: dict[str, int] = {}
        with _open(self.path) as file:
            for group in range(file.num_row_groups):
                chunks = file.metadata.row_group(group)
                for chunk in map(chunks.column, range(chunks.num_columns)):
                    leaf = chunk.path_in_schema
                    if leaf == column or leaf.startswith(f"{column}."):
                        known = chunk.is_stats_set and chunk.statistics.has_null_count
                        empty = chunk.statistics.null_count if known else 0
                        filled[leaf] = filled.get(leaf, 0) + chunks.num_rows - empty
        return max(filled.values(), default=0)

    def _records(self, batch: pa.RecordBatch, first: int) -> Iterator[Record | BadRow]:
        columns = {name: _values(column) for name, column in zip(batch.schema.names, batch.columns, strict=True)}
        for index in range(batch.num_rows):
            where = f"{self.path.name}:{first + index}"
            cells = {name: values[index] for name, values in columns.items()}
            if broken := [name for name, cell in cells.items() if isinstance(cell, _NotText)]:
                yield BadRow(where, f"{broken[0]} is not UTF-8; write the column as text, or as binary if it is none")
                continue
            for name in self._pictures.intersection(cells):
                cells[name] = _picture(cells[name], where=where)
            yield Record(where, flatten(cells))


def _open(path: Path) -> pq.ParquetFile:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path, buffer_size=_BUFFER, pre_buffer=False)
    except pa.ArrowException as error:
        raise SourceError(f"{path}: is not a Parquet file, or is damaged ({error}); download it again") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from None


def _leaves(field: pa.Field) -> Iterator[str]:
    import pyarrow as pa

    if pa.types.is_struct(field.type):
        yield from (f"{field.name}.{leaf}" for inner in field.type for leaf in _leaves(inner))
    else:
        yield field.name


def _is_list(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind))


def _holds_pictures(kind: pa.DataType) -> bool:
    """Binary, struct{bytes: binary, ...}, or a list of either."""
    import pyarrow as pa

    if _is_list(kind):
        return _holds_pictures(kind.value_type)
    if pa.types.is_struct(kind):
        return kind.get_field_index("bytes") >= 0 and _holds_pictures(kind.field("bytes").type)
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _picture(cell: Any, *, where: str) -> object:
    """The cell as photo places or paths: bytes before the path, which in such tables is only where they came from."""
    if isinstance(cell, list):
        return [_picture(item, where=where) for item in cell]
    if isinstance(cell, dict):
        return BytesPhoto(cell["bytes"], where) if cell["bytes"] else cell.get("path")
    return BytesPhoto(cell, where) if cell else None


def _values(column: pa.Array) -> list[Any]:
    try:
        return list(column.to_pylist())
    except UnicodeDecodeError:
        return [_value(cell) for cell in column]


def _value(cell: pa.Scalar) -> Any:
    try:
        return cell.as_py()
    except UnicodeDecodeError:
        return _NotText()
