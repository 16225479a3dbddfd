// Files that lie. Each must be refused with a message that names the file and the field, without a
// crash and without memory out of proportion to the file.
#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "formats/gguf/gguf_file.h"

namespace {
std::atomic<size_t> allocated_bytes = 0;
}

// Counts what the tests of this program allocate. Not inlined, or GCC sees memory from a new go to
// free().
[[gnu::noinline]] void* operator new(size_t size) {
  allocated_bytes += size;
  void* memory = std::malloc(size > 0 ? size : 1);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new[](size_t size) { return operator new(size); }
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { operator delete(memory); }
void operator delete[](void* memory) noexcept { operator delete(memory); }
void operator delete[](void* memory, size_t) noexcept { operator delete(memory); }

namespace ingle {
namespace {

constexpr uint32_t kTypeF32 = 0;
constexpr uint32_t kTypeQ4_0 = 2;
constexpr uint32_t kTypeQ4_K = 12;

// Builds files byte by byte, with no opinion about what is right.
class RawGguf {
 public:
  template <class T>
  RawGguf& Put(T value) {
    static_assert(std::is_arithmetic_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof(value));
    return *this;
  }
  // A number that tests will falsify.
  template <class T>
  RawGguf& Site(std::string name, T value) {
    sites_.push_back({std::move(name), bytes_.size(), sizeof(T), static_cast<uint64_t>(value)});
    return Put(value);
  }
  RawGguf& Text(std::string_view text) {
    Site("length of " + std::string(text.substr(0, 20)), uint64_t{text.size()});
    bytes_.append(text);
    return *this;
  }
  RawGguf& Head(uint64_t tensors, uint64_t fields, uint32_t version = 3) {
    bytes_.append("GGUF");
    Site("version", version).Site("tensor count", tensors).Site("field count", fields);
    return *this;
  }
  RawGguf& Field(std::string_view key, GgufType type) {
    return Text(key).Site("type of " + std::string(key), static_cast<uint32_t>(type));
  }
  RawGguf& Tensor(std::string_view name, std::initializer_list<uint64_t> extents, uint32_t type,
                  uint64_t offset) {
    Text(name).Site("rank", static_cast<uint32_t>(extents.size()));
    for (const uint64_t extent : extents) Site("extent", extent);
    return Site("tensor type", type).Site("offset", offset);
  }
  RawGguf& Data(size_t bytes, size_t alignment = 32) {
    bytes_.append((0 - bytes_.size()) % alignment, '\0');
    bytes_.append(bytes, '\1');
    return *this;
  }

  struct NumberSite {
    std::string name;
    size_t position;
    size_t width;
    uint64_t value;
  };
  const std::vector<NumberSite>& sites() const { return sites_; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  std::vector<NumberSite> sites_;
};

Result<GgufFile> Open(std::string bytes) {
  return GgufFile::Open(MakeMemorySource(std::move(bytes), "bad.gguf"));
}

void ExpectRefused(const std::string& bytes, std::string_view part_of_message,
                   ErrorCode code = ErrorCode::kCorrupt) {
  const Result<GgufFile> file = Open(bytes);
  ASSERT_FALSE(file) << "accepted; expected: " << part_of_message;
  EXPECT_EQ(file.error().code(), code) << file.error().message();
  EXPECT_TRUE(file.error().message().starts_with("bad.gguf: ")) << file.error().message();
  EXPECT_NE(file.error().message().find(part_of_message), std::string::npos)
      << file.error().message();
}

// One of everything.
RawGguf Sample() {
  RawGguf raw;
  raw.Head(2, 5);
  raw.Field("general.alignment", GgufType::kUint32).Put(uint32_t{32});
  raw.Field("name", GgufType::kString).Text("sample");
  raw.Field("flag", GgufType::kBool).Put(uint8_t{1});
  raw.Field("words", GgufType::kArray);
  raw.Site("element type of words", uint32_t{8}).Site("count of words", uint64_t{2});
  raw.Text("alpha").Text("beta");
  raw.Field("numbers", GgufType::kArray);
  raw.Site("element type of numbers", uint32_t{5}).Site("count of numbers", uint64_t{3});
  raw.Put(int32_t{1}).Put(int32_t{2}).Put(int32_t{3});
  raw.Tensor("a", {4, 3}, kTypeF32, 0);
  raw.Tensor("b", {64, 2}, kTypeQ4_0, 64);
  raw.Data(64 + 4 * 18);
  return raw;
}

// Touches everything that an opened file hands out.
size_t Walk(const GgufFile& file) {
  size_t sum = 0;
  for (const GgufField& field : file.fields()) {
    sum += field.key.size() + field.value.AsUint().value_or(0);
    if (const auto words = field.value.AsStrings()) {
      for (const std::string_view word : *words) sum += word.size();
    }
    if (const auto integers = field.value.AsInts()) sum += integers->size();
    if (const auto floats = field.value.AsFloats()) sum += floats->size();
  }
  for (const GgufTensor& tensor : file.tensors()) {
    sum += std::to_integer<size_t>(tensor.data[0]);
    sum += std::to_integer<size_t>(tensor.data[tensor.bytes - 1]);
  }
  return sum;
}

// What opening and walking may allocate: a small multiple of the file, and messages.
size_t AllocationLimit(size_t file_bytes) { return 16 * file_bytes + 16384; }

TEST(HostileGguf, SampleIsFine) {
  const Result<GgufFile> file = Open(Sample().bytes());
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_GT(Walk(*file), 0u);
}

TEST(HostileGguf, EveryNumberFalsified) {
  const RawGguf sample = Sample();
  const uint64_t values[] = {0,
                             1,
                             (uint64_t{1} << 31) - 1,
                             uint64_t{1} << 31,
                             (uint64_t{1} << 32) - 1,
                             uint64_t{1} << 32,
                             (uint64_t{1} << 42) + 1,
                             (uint64_t{1} << 62) + 1,
                             uint64_t{1} << 63,
                             ~uint64_t{0} - 31,
                             ~uint64_t{0}};
  int refused = 0;
  for (const RawGguf::NumberSite& site : sample.sites()) {
    for (const uint64_t value : values) {
      std::string bytes = sample.bytes();
      std::memcpy(bytes.data() + site.position, &value, site.width);
      const size_t before = allocated_bytes;
      const Result<GgufFile> file = Open(bytes);
      if (file) Walk(*file);
      EXPECT_LT(allocated_bytes - before, AllocationLimit(bytes.size()))
          << site.name << " = " << value;
      if (file) {
        // Only small numbers can be another truth: a smaller extent, a count of 0.
        EXPECT_LE(value & (site.width == 4 ? 0xFFFFFFFFu : ~uint64_t{0}), 1u)
            << site.name << " = " << value << " was accepted";
      } else {
        EXPECT_TRUE(file.error().message().starts_with("bad.gguf: ")) << file.error().message();
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 200);
}

TEST(HostileGguf, EveryTruncation) {
  const std::string whole = Sample().bytes();
  for (size_t size = 0; size < whole.size(); ++size) {
    const Result<GgufFile> file = Open(whole.substr(0, size));
    EXPECT_FALSE(file) << "accepted after " << size << " bytes";
  }
}

TEST(HostileGguf, EveryByteFlipped) {
  const std::string whole = Sample().bytes();
  for (size_t i = 0; i < whole.size(); ++i) {
    for (const char flip : {'\x01', '\x80', '\xff'}) {
      std::string bytes = whole;
      bytes[i] = static_cast<char>(bytes[i] ^ flip);
      const Result<GgufFile> file = Open(bytes);
      if (file) Walk(*file);
    }
  }
}

TEST(HostileGguf, OtherFormats) {
  ExpectRefused("", "not a GGUF file; the file is empty");
  ExpectRefused("GGU", "not a GGUF file");
  ExpectRefused("<!DOCTYPE html><html>", "web page");
  ExpectRefused("PK\x03\x04 and so on", "zip archive");
  ExpectRefused("version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer");
  ExpectRefused("tjgg and so on", "before GGUF");
  ExpectRefused(RawGguf().Head(0, 0, 1).bytes(), "version 1", ErrorCode::kUnsupported);
  ExpectRefused(RawGguf().Head(0, 0, 4).bytes(), "version 4", ErrorCode::kUnsupported);
  ExpectRefused(RawGguf().Head(0, 0, 0x03000000).bytes(), "big-endian", ErrorCode::kUnsupported);
}

TEST(HostileGguf, VersionTwoIsRead) { EXPECT_TRUE(Open(RawGguf().Head(0, 0, 2).bytes())); }

TEST(HostileGguf, CountsBeyondTheFile) {
  ExpectRefused(RawGguf().Head(0, uint64_t{1} << 40).bytes(), "1099511627776 metadata keys");
  ExpectRefused(RawGguf().Head(uint64_t{1} << 40, 0).bytes(), "1099511627776 tensors");
}

TEST(HostileGguf, BillionEmptyStrings) {
  RawGguf raw;
  raw.Head(0, 1).Field("words", GgufType::kArray).Put(uint32_t{8}).Put(uint64_t{1000000000});
  raw.Data(1 << 20);
  const size_t before = allocated_bytes;
  ExpectRefused(raw.bytes(), "'words' claims 1000000000 elements of string");
  EXPECT_LT(allocated_bytes - before, 4 * raw.bytes().size());
}

TEST(HostileGguf, ArraysHaveALimit) {
  RawGguf raw;
  raw.Head(0, 1).Field("numbers", GgufType::kArray).Put(uint32_t{0});
  raw.Put((uint64_t{1} << 24) + 1).Data((1 << 24) + 64);
  ExpectRefused(raw.bytes(), "'numbers' has 16777217 elements, the limit is 16777216",
                ErrorCode::kTooLarge);
}

// Strings as short as the format allows are still bounded by the file.
TEST(HostileGguf, ManyEmptyStringsCostInProportion) {
  constexpr uint64_t kCount = 100000;
  RawGguf raw;
  raw.Head(0, 1).Field("words", GgufType::kArray).Put(uint32_t{8}).Put(kCount);
  for (uint64_t i = 0; i < kCount; ++i) raw.Put(uint64_t{0});
  const std::string bytes = raw.bytes();
  const size_t before = allocated_bytes;
  const Result<GgufFile> file = Open(bytes);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->Strings("words").value().size(), kCount);
  EXPECT_LT(allocated_bytes - before, AllocationLimit(bytes.size()));
}

TEST(HostileGguf, Keys) {
  ExpectRefused(RawGguf().Head(0, 1).Field("", GgufType::kUint8).Put(uint64_t{0}).bytes(),
                "metadata key 0 has an empty name");
  ExpectRefused(RawGguf().Head(0, 1).Field("a\nb", GgufType::kUint8).Put(uint64_t{0}).bytes(),
                "control bytes");
  const std::string long_key(65536, 'k');
  ExpectRefused(RawGguf().Head(0, 1).Field(long_key, GgufType::kUint8).Put(uint8_t{0}).bytes(),
                "65536 bytes long, the limit is 65535");
  RawGguf twice;
  twice.Head(0, 2);
  twice.Field("same", GgufType::kUint8).Put(uint8_t{0});
  twice.Field("same", GgufType::kUint8).Put(uint8_t{1});
  ExpectRefused(twice.bytes(), "metadata key 'same' occurs twice");
}

TEST(HostileGguf, Values) {
  const auto field = [](std::string_view key, GgufType type) {
    return RawGguf().Head(0, 1).Field(key, type);
  };
  ExpectRefused(field("flag", GgufType::kBool).Put(uint8_t{2}).bytes(),
                "'flag' holds a bool of value 2");
  ExpectRefused(field("flags", GgufType::kArray)
                    .Put(uint32_t{7})
                    .Put(uint64_t{2})
                    .Put(uint8_t{1})
                    .Put(uint8_t{255})
                    .bytes(),
                "'flags' holds a bool of value 255");
  ExpectRefused(field("odd", static_cast<GgufType>(13)).Put(uint64_t{0}).bytes(),
                "'odd' has unknown type 13");
  ExpectRefused(field("odd", GgufType::kArray).Put(uint32_t{99}).Put(uint64_t{0}).bytes(),
                "'odd' has elements of unknown type 99");
  ExpectRefused(field("deep", GgufType::kArray).Put(uint32_t{9}).Put(uint64_t{1}).bytes(),
                "'deep' is an array of arrays", ErrorCode::kUnsupported);
  ExpectRefused(field("text", GgufType::kString).Put(uint64_t{99}).Put(uint64_t{0}).bytes(),
                "'text' claims a string of 99 bytes, but only 8 are left");
  ExpectRefused(field("number", GgufType::kUint64).Put(uint32_t{0}).bytes(),
                "ends inside metadata key 'number'");
}

TEST(HostileGguf, Alignment) {
  const auto with_alignment = [](uint32_t alignment) {
    RawGguf raw;
    raw.Head(1, 1).Field("general.alignment", GgufType::kUint32).Put(alignment);
    return raw.Tensor("a", {8}, kTypeF32, 0).Data(32, 65536).bytes();
  };
  for (const uint32_t alignment : {8u, 32u, 64u, 4096u, 65536u}) {
    EXPECT_TRUE(Open(with_alignment(alignment))) << alignment;
  }
  for (const uint32_t alignment : {0u, 1u, 4u, 24u, 33u, 131072u, 1u << 31, ~0u}) {
    ExpectRefused(with_alignment(alignment), "'general.alignment' is");
  }
  RawGguf wrong_type;
  wrong_type.Head(0, 1).Field("general.alignment", GgufType::kUint64).Put(uint64_t{32});
  ExpectRefused(wrong_type.bytes(), "'general.alignment' must be a uint32");
}

std::string OneTensor(std::initializer_list<uint64_t> extents, uint32_t type = kTypeF32,
                      uint64_t offset = 0, std::string_view name = "a") {
  return RawGguf().Head(1, 0).Tensor(name, extents, type, offset).Data(256).bytes();
}

TEST(HostileGguf, TensorNames) {
  ExpectRefused(OneTensor({1}, kTypeF32, 0, ""), "tensor 0 has an empty name");
  ExpectRefused(OneTensor({1}, kTypeF32, 0, "a\x1b[2J"), "control bytes");
  ExpectRefused(OneTensor({1}, kTypeF32, 0, std::string(1025, 'x')), "the limit is 1024");
  RawGguf twice;
  twice.Head(2, 0).Tensor("same", {1}, kTypeF32, 0).Tensor("same", {1}, kTypeF32, 32).Data(64);
  ExpectRefused(twice.bytes(), "tensor 'same' occurs twice");
}

TEST(HostileGguf, TensorShapes) {
  EXPECT_TRUE(Open(OneTensor({4, 2, 2, 2})));
  ExpectRefused(OneTensor({}), "tensor 'a' has no dimensions");
  ExpectRefused(OneTensor({1, 1, 1, 1, 1}), "tensor 'a' has 5 dimensions");
  ExpectRefused(OneTensor({0}), "tensor 'a': dimension 0 is 0");
  ExpectRefused(OneTensor({4, 0}), "tensor 'a': dimension 1 is 0");
  ExpectRefused(OneTensor({uint64_t{1} << 32, uint64_t{1} << 32}), "multiply to more than 2^64");
  // 2^42 + 1 four times over wraps to a small number in 64 bits.
  constexpr uint64_t kWraps = (uint64_t{1} << 42) + 1;
  ExpectRefused(OneTensor({kWraps, kWraps, kWraps, kWraps}), "multiply to more than 2^64");
  ExpectRefused(OneTensor({uint64_t{1} << 62}), "more than 2^64 bytes");
  ExpectRefused(OneTensor({(uint64_t{1} << 62) + 1}), "more than 2^64 bytes");
  ExpectRefused(OneTensor({uint64_t{1} << 61}), "ends beyond the file");
  ExpectRefused(OneTensor({33}, kTypeQ4_0), "rows of 33 elements, not a multiple of 32");
  ExpectRefused(OneTensor({128}, kTypeQ4_K), "rows of 128 elements, not a multiple of 256");
  // Whole blocks in all, but not in each row.
  ExpectRefused(OneTensor({16, 2}, kTypeQ4_0), "rows of 16 elements");
}

TEST(HostileGguf, TensorTypes) {
  ExpectRefused(OneTensor({32}, 4), "tensor 'a' has unknown type 4");
  ExpectRefused(OneTensor({32}, ~0u), "tensor 'a' has unknown type 4294967295");
  constexpr uint32_t kTypeQ8_1 = 9;
  const Result<GgufFile> file = Open(OneTensor({32}, kTypeQ8_1));
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->tensors()[0].type->name, "Q8_1");
  EXPECT_EQ(file->tensors()[0].bytes, 36u);
  const Result<TensorView> view = file->Tensor("a");
  ASSERT_FALSE(view);
  EXPECT_EQ(view.error().code(), ErrorCode::kUnsupported);
  EXPECT_NE(view.error().message().find("tensor 'a' is of type Q8_1"), std::string::npos);
}

TEST(HostileGguf, TensorPlaces) {
  EXPECT_TRUE(Open(OneTensor({64}, kTypeF32, 0)));
  ExpectRefused(OneTensor({65}, kTypeF32, 0), "tensor 'a' (260 bytes at 0");
  ExpectRefused(OneTensor({64}, kTypeF32, 32), "ends beyond the file");
  ExpectRefused(OneTensor({1}, kTypeF32, 4), "begins at 4, not a multiple of the alignment 32");
  ExpectRefused(OneTensor({1}, kTypeF32, ~uint64_t{0} - 31), "ends beyond the file");
  ExpectRefused(OneTensor({1}, kTypeF32, uint64_t{1} << 63), "ends beyond the file");
  // No data at all.
  ExpectRefused(RawGguf().Head(1, 0).Tensor("a", {1}, kTypeF32, 0).bytes(), "ends beyond the file");
}

TEST(HostileGguf, Overlaps) {
  const auto two = [](uint64_t first, uint64_t second) {
    RawGguf raw;
    raw.Head(2, 0).Tensor("a", {16}, kTypeF32, first).Tensor("b", {16}, kTypeF32, second);
    return raw.Data(256).bytes();
  };
  EXPECT_TRUE(Open(two(0, 64)));
  EXPECT_TRUE(Open(two(128, 0)));  // any order, with a gap
  ExpectRefused(two(0, 0), "overlap");
  ExpectRefused(two(0, 32), "tensors 'a' and 'b' overlap");
  ExpectRefused(two(32, 0), "tensors 'b' and 'a' overlap");
}

}  // namespace
}  // namespace ingle
