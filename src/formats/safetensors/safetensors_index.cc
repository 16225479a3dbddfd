#include "formats/safetensors/safetensors_index.h"

#include <algorithm>
#include <tuple>

#include "formats/names.h"
#include "formats/safetensors/json_events.h"
#include "formats/safetensors/safetensors_file.h"

namespace ingle {
namespace {

constexpr std::string_view kSingleName = "model.safetensors";
constexpr std::string_view kIndexName = "model.safetensors.index.json";
constexpr std::string_view kWeightMap = "weight_map";
constexpr uint64_t kMaxIndexBytes = 100'000'000;
constexpr int kMaxDepth = 32;

struct Place {
  std::string tensor;
  std::string file;
};

// {"metadata": anything, "weight_map": {TENSOR: FILE, ...}}
class IndexEvents final : public JsonEvents {
 public:
  std::vector<Place> places;
  bool has_map = false;

 private:
  // What is not the map is passed over.
  bool Unexpected(std::string_view what) override {
    if (depth_ == 0) return Refuse("the index is ", what, ", not an object");
    if (InMap()) {
      return Refuse(kWeightMap, " has ", what, " at ", Quote(key_), ", expected a file's name");
    }
    if (depth_ == 1 && top_ == kWeightMap) return Refuse(kWeightMap, " is ", what);
    return true;
  }
  bool InMap() const { return depth_ >= 2 && top_ == kWeightMap; }

  bool start_object(size_t) override {
    if (InMap()) return Unexpected("an object");
    if (depth_ == 1 && top_ == kWeightMap) {
      if (has_map) return Refuse("the index has two ", kWeightMap);
      has_map = true;
    }
    return Deepen();
  }
  bool start_array(size_t) override {
    if (depth_ == 0 || top_ == kWeightMap) return Unexpected("an array");
    return Deepen();
  }
  bool Deepen() {
    if (++depth_ > kMaxDepth) return Refuse("it is nested more than ", kMaxDepth, " deep");
    return true;
  }
  bool end_object() override { return --depth_, true; }
  bool end_array() override { return --depth_, true; }

  bool key(std::string& text) override {
    (depth_ == 1 ? top_ : key_) = std::move(text);
    return true;
  }
  bool string(std::string& text) override {
    if (!InMap()) return Unexpected("a string");
    if (!IsPlainName(text)) {
      return Refuse(kWeightMap, " says that tensor ", Quote(key_), " is in ", Quote(text),
                    ", which is no name of a file beside the index");
    }
    places.push_back({std::move(key_), std::move(text)});
    return true;
  }
  static bool IsPlainName(std::string_view file) {
    return !file.empty() && file != "." && file != ".." && !HasControlBytes(file) &&
           file.find_first_of("/\\:") == std::string_view::npos;
  }

  int depth_ = 0;
  std::string top_;  // the key of the index, and
  std::string key_;  // the key below it that is being read
};

std::string FolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

Result<SafetensorsFile> OpenOne(const std::string& path) {
  Result<std::unique_ptr<ByteSource>> source = OpenFile(path);
  if (!source) return Fail(source.error());
  return SafetensorsFile::Open(std::move(*source));
}

Result<SafetensorsIndex> ReadIndex(const std::string& path) {
  const Result<std::unique_ptr<ByteSource>> source = OpenFile(path);
  if (!source) return Fail(source.error());
  if ((*source)->size() > kMaxIndexBytes) {
    return Fail(ErrorCode::kTooLarge, path, ": the index has ", (*source)->size(),
                " bytes, the limit is ", kMaxIndexBytes);
  }
  const Result<Bytes> bytes = (*source)->View(0, (*source)->size());
  if (!bytes) return Fail(bytes.error());
  return ParseSafetensorsIndex(path, AsText(*bytes));
}

}  // namespace

Result<SafetensorsIndex> ParseSafetensorsIndex(std::string_view name, std::string_view text) {
  IndexEvents events;
  if (Status s = events.Parse(name, text); !s) return Fail(s.error());
  if (!events.has_map) return Fail(ErrorCode::kCorrupt, name, ": it has no ", kWeightMap);
  std::vector<Place>& places = events.places;
  if (places.empty()) return Fail(ErrorCode::kCorrupt, name, ": ", kWeightMap, " is empty");

  const auto tensor_of = [](const Place& place) { return std::string_view(place.tensor); };
  if (const auto twice = FindDuplicate(places, SortedByName(places, tensor_of), tensor_of)) {
    return Fail(ErrorCode::kCorrupt, name, ": tensor ", Quote(*twice), " occurs twice");
  }
  std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) {
    return std::tie(a.file, a.tensor) < std::tie(b.file, b.tensor);
  });
  SafetensorsIndex index;
  for (Place& place : places) {
    if (index.files.empty() || index.files.back() != place.file) index.files.push_back(place.file);
    index.entries.push_back({std::move(place.tensor), index.files.size() - 1});
  }
  return index;
}

Result<SafetensorsFile> OpenSafetensorsIndex(const std::string& path) {
  const Result<SafetensorsIndex> index = ReadIndex(path);
  if (!index) return Fail(index.error());
  SafetensorsFile whole;
  whole.name_ = path;
  auto entry = index->entries.begin();
  for (size_t part = 0; part < index->files.size(); ++part) {
    const std::string shard_path = FolderOf(path) + index->files[part];
    const Result<SafetensorsFile> shard = OpenOne(shard_path);
    if (!shard) {
      return Fail(shard.error(), path, ", file ", part + 1, " of ", index->files.size());
    }
    for (; entry != index->entries.end() && entry->file == part; ++entry) {
      const SafetensorsTensor* tensor = shard->FindTensor(entry->tensor);
      if (tensor == nullptr) {
        return Fail(ErrorCode::kCorrupt, path, ": tensor ", Quote(entry->tensor), " is not in ",
                    Quote(index->files[part]), ", where ", kWeightMap, " says it is");
      }
      whole.tensors_.push_back(*tensor);
      whole.tensors_.back().part = part;
    }
    if (part == 0) whole.metadata_ = shard->metadata_;
    whole.sources_.push_back(shard->sources_.front());
  }
  std::sort(whole.tensors_.begin(), whole.tensors_.end(),
            [](const SafetensorsTensor& a, const SafetensorsTensor& b) {
              return std::tie(a.part, a.offset, a.bytes) < std::tie(b.part, b.offset, b.bytes);
            });
  if (Status s = whole.IndexTensors(); !s) return Fail(s.error());
  return whole;
}

Result<SafetensorsFile> OpenSafetensors(const std::string& path) {
  if (path.ends_with(".safetensors")) return OpenOne(path);
  if (path.ends_with(".json")) return OpenSafetensorsIndex(path);
  for (const std::string_view name : {kSingleName, kIndexName}) {
    Result<SafetensorsFile> file = OpenSafetensors(Cat(path, "/", name));
    if (file || file.error().code() != ErrorCode::kNotFound) return file;
    // An index that is there but lacks a shard is not an absent index.
    if (name == kIndexName && OpenFile(Cat(path, "/", name))) return file;
  }
  return Fail(ErrorCode::kNotFound, path, ": neither ", kSingleName, " nor ", kIndexName,
              " is there");
}

}  // namespace ingle
