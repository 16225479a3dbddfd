#include "engine/panel_file.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/atomic_file.h"
#include "base/fnv1a.h"
#include "base/memory.h"
#include "engine/panel_writers.h"
#include "kernels/pack/pack.h"
#include "tensor/panels.h"

namespace ingle {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kHeaderUnit = 4096;               // data begins on a page
constexpr uint64_t kLeastBytes = uint64_t{8} << 20;  // below this, laying out takes a moment
constexpr uint64_t kBufferBytes = uint64_t{16} << 20;

// What stands in a header has the first number, panels have the second: a file with another of
// either is no longer of use.
constexpr std::string_view kHeaderVersion = "ingle panels 1.";
std::string FirstLine() { return Cat(kHeaderVersion, kPanelLayout, "\n"); }

std::string Hex(uint64_t number) {
  std::string digits(16, '0');
  for (size_t i = 16; i-- > 0; number >>= 4) digits[i] = "0123456789abcdef"[number & 15];
  return digits;
}

// The first and last bytes of a matrix: enough to tell one of the same shape from another.
std::string SampleOf(const TensorView& matrix) {
  const uint64_t sample = std::min<uint64_t>(matrix.bytes(), 64);
  const auto* begin = reinterpret_cast<const char*>(matrix.data);
  std::string bytes(begin, sample);
  bytes.append(begin + matrix.bytes() - sample, sample);
  return Hex(Fnv1a(AsBytes(bytes)));
}

// What the file of exactly these panels begins with. Anything else in it is another file.
std::string HeaderOf(const PanelSource& source, const std::vector<TensorView>& matrices) {
  std::string header = FirstLine();
  header += source.model + "\n";
  for (const ByteSource* file : source.files) header += file->stamp() + "\n";
  for (const TensorView& matrix : matrices) {
    header += Cat(Name(matrix.type), " ", matrix.shape.rows(), " ", matrix.shape.columns(), " ",
                  SampleOf(matrix), "\n");
  }
  header.resize((header.size() + kHeaderUnit - 1) / kHeaderUnit * kHeaderUnit);
  return header;
}

std::string PathOf(const std::string& directory, const std::string& model) {
  return Cat(directory, "/", Hex(Fnv1a(AsBytes(model))), kPanelSuffix);
}

uint64_t TotalBytes(const std::vector<TensorView>& matrices) {
  uint64_t bytes = 0;
  for (const TensorView& matrix : matrices) bytes += PackedBytes(matrix);
  return bytes;
}

bool CanBeKept(const PanelSource& source) {
  if (source.directory.empty() || source.model.find('\n') != std::string::npos) return false;
  return !source.files.empty() &&
         std::none_of(source.files.begin(), source.files.end(),
                      [](const ByteSource* file) { return file->stamp().empty(); });
}

// The file's panels, if it is the file of this header.
Result<Panels> Map(const std::string& path, const std::string& header,
                   const std::vector<TensorView>& matrices) {
  auto file = OpenFile(path);
  if (!file) return Fail(file.error());
  Panels panels;
  panels.bytes = TotalBytes(matrices);
  if ((*file)->size() != header.size() + panels.bytes) {
    return Fail(ErrorCode::kNotFound, path, " has another size");
  }
  const auto begin = (*file)->View(0, header.size());
  if (!begin) return Fail(begin.error());
  if (std::string_view(reinterpret_cast<const char*>(begin->data()), begin->size()) != header) {
    return Fail(ErrorCode::kNotFound, path, " is of something else");
  }
  PreferLargePages(begin->data(), (*file)->size());
  const std::byte* at = begin->data() + header.size();
  for (const TensorView& matrix : matrices) {
    panels.weights.Add(matrix, at);
    at += PackedBytes(matrix);
  }
  panels.mapped = true;
  panels.file = *std::move(file);
  return panels;
}

// What is on its way to a file, which begins at a large page of it and is written by whole ones:
// Linux keeps in memory as large pages what was written as such, and a core that reads all of it
// then looks up few addresses.
class LargePageWriter {
 public:
  explicit LargePageWriter(AtomicFile& file) : file_(file) {}

  // Zeros, to be filled before the next call.
  std::byte* Append(uint64_t bytes) {
    const size_t begin = waiting_.size();
    waiting_.resize(begin + bytes);
    return waiting_.data() + begin;
  }
  Status WriteWhole() { return Write(waiting_.size() / kLargePage * kLargePage); }
  Status WriteRest() { return Write(waiting_.size()); }

 private:
  Status Write(size_t bytes) {
    const Status written = file_.Write({waiting_.data(), bytes});
    if (written) waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<ptrdiff_t>(bytes));
    return written;
  }

  AtomicFile& file_;
  std::vector<std::byte> waiting_;
};

// A matrix, some panels at a time.
Status WriteMatrix(const TensorView& matrix, LargePageWriter& writer, WorkerPool& pool) {
  const uint64_t panels = (matrix.shape.rows() + kPanelRows - 1) / kPanelRows;
  const uint64_t panel_bytes = kPanelRows * matrix.row_bytes();
  const uint64_t at_once = std::max<uint64_t>(kBufferBytes / panel_bytes, 1);
  for (uint64_t begin = 0; begin < panels; begin += at_once) {
    const uint64_t end = std::min(begin + at_once, panels);
    const uint64_t rows_before = begin * kPanelRows;
    const TensorView part{matrix.type,
                          {std::min((end - begin) * kPanelRows, matrix.shape.rows() - rows_before),
                           matrix.shape.columns()},
                          matrix.row(rows_before)};
    PackMatrix(part, 0, end - begin, writer.Append((end - begin) * panel_bytes), pool);
    if (const Status written = writer.WriteWhole(); !written) return written;
  }
  writer.Append(PackedBytes(matrix) - panels * panel_bytes);
  return {};
}

// The pages of what has been read.
void GiveBack(const PanelSource& source) {
  for (const ByteSource* file : source.files) file->Forget();
}

Status Write(const PanelSource& source, const std::string& header,
             const std::vector<TensorView>& matrices, WorkerPool& pool) {
  auto file = AtomicFile::Create(PathOf(source.directory, source.model));
  if (!file) return Fail(file.error());
  LargePageWriter writer(*file);
  std::memcpy(writer.Append(header.size()), header.data(), header.size());
  for (const TensorView& matrix : matrices) {
    if (const Status written = WriteMatrix(matrix, writer, pool); !written) return written;
    GiveBack(source);
  }
  if (const Status written = writer.WriteRest(); !written) return written;
  return file->Commit();
}

// The model whose panels, of any layout, a file holds; empty for another kind of file.
std::string ModelOf(const fs::path& path) {
  const auto file = OpenFile(path.string());
  if (!file) return {};
  const auto view = (*file)->View(0, std::min<uint64_t>((*file)->size(), kHeaderUnit));
  if (!view) return {};
  std::string_view text(reinterpret_cast<const char*>(view->data()), view->size());
  if (!text.starts_with(kHeaderVersion)) return {};
  const size_t version = text.find('\n');
  if (version == std::string_view::npos) return {};
  text.remove_prefix(version + 1);
  return std::string(text.substr(0, text.find('\n')));
}

Status MakeFolder(const std::string& folder) {
  std::error_code error, ignored;
  fs::create_directories(folder, error);
  if (!error || fs::is_directory(folder, ignored)) return {};
  return Fail(ErrorCode::kIo, "cannot create the folder ", folder, ": ", error.message());
}

Result<Panels> MapOrWrite(const PanelSource& source, const std::vector<TensorView>& matrices,
                          WorkerPool& pool) {
  const std::string path = PathOf(source.directory, source.model);
  const std::string header = HeaderOf(source, matrices);
  RemovePartialPanels(source.directory);  // however long nothing else is written
  if (auto mapped = Map(path, header, matrices)) return mapped;
  if (const Status made = MakeFolder(source.directory); !made) return Fail(made.error());
  RemoveOrphanPanels(source.directory);
  const auto lock = WaitToWritePanels(path);
  if (!lock) return Fail(lock.error());
  // What another process wrote meanwhile.
  if (auto mapped = Map(path, header, matrices)) return mapped;
  if (const Status written = Write(source, header, matrices, pool); !written) {
    return Fail(written.error());
  }
  auto mapped = Map(path, header, matrices);
  if (mapped) mapped->written = true;
  return mapped;
}

Result<Panels> LayOutInMemory(const PanelSource& source, const std::vector<TensorView>& matrices,
                              WorkerPool& pool) {
  auto packed = PackInMemory(matrices, pool, [&](const TensorView& matrix) {
    GiveBack(source);
    source.done_with(matrix);
  });
  if (!packed) return Fail(packed.error());
  Panels panels;
  panels.weights = std::move(packed->weights);
  panels.memory = std::move(packed->memory);
  panels.bytes = packed->bytes;
  return panels;
}

}  // namespace

std::string PanelModel(const std::string& path) {
  std::error_code error, ignored;
  const fs::path whole = fs::absolute(path, ignored);
  const fs::path real = fs::weakly_canonical(whole, error);
  return (error ? whole.lexically_normal() : real).string();
}

Result<Panels> OpenPanels(const PanelSource& source, const std::vector<TensorView>& matrices,
                          WorkerPool& pool) {
  if (!CanBeKept(source) || TotalBytes(matrices) < kLeastBytes) {
    return LayOutInMemory(source, matrices, pool);
  }
  auto kept = MapOrWrite(source, matrices, pool);
  GiveBack(source);
  if (kept) {
    for (const TensorView& matrix : matrices) source.done_with(matrix);
    return kept;
  }
  auto panels = LayOutInMemory(source, matrices, pool);
  if (panels) panels->trouble = kept.error();
  return panels;
}

void RemoveOrphanPanels(const std::string& directory) {
  RemovePartialPanels(directory);
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory, ignored)) {
    if (entry.path().extension() != kPanelSuffix) continue;
    const std::string model = ModelOf(entry.path());
    if (model.empty()) continue;
    const bool asked_for = fs::exists(model, ignored) && PanelModel(model) == model;
    if (!asked_for) fs::remove(entry.path(), ignored);
  }
}

}  // namespace ingle
