// What a well-formed file gives.
#include "formats/gguf/gguf_file.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "formats/gguf/gguf_writer.h"

namespace ingle {
namespace {

GgufFile OpenBytes(std::string bytes) {
  Result<GgufFile> file = GgufFile::Open(MakeMemorySource(std::move(bytes), "model.gguf"));
  EXPECT_TRUE(file) << file.error().message();
  return std::move(file).value();
}

GgufFile OpenHeader(const GgufHeader& header) { return OpenBytes(header.Encode().value()); }

TEST(GgufFile, TypedMetadata) {
  const std::string_view words[] = {"one", "", "three"};
  const int32_t ints[] = {-1, 2, 3};
  const float floats[] = {0.5f, -2.0f};
  GgufHeader header;
  header.SetUint32("uint", 7);
  header.SetUint64("large", uint64_t{1} << 63);
  header.SetInt32("negative", -5);
  header.SetFloat32("float", 1.5f);
  header.SetBool("yes", true);
  header.SetString("text", "hello");
  header.SetStrings("words", words);
  header.SetInts("ints", ints);
  header.SetFloats("floats", floats);
  const GgufFile file = OpenHeader(header);

  EXPECT_EQ(file.version(), 3u);
  EXPECT_EQ(file.alignment(), 32u);
  EXPECT_EQ(file.Uint("uint"), 7u);
  EXPECT_EQ(file.Int("uint"), 7);
  EXPECT_EQ(file.Uint("large"), uint64_t{1} << 63);
  EXPECT_EQ(file.Int("negative"), -5);
  EXPECT_EQ(file.Float("float"), 1.5);
  EXPECT_EQ(file.Bool("yes"), true);
  EXPECT_EQ(file.String("text"), "hello");
  EXPECT_EQ(file.Strings("words"), std::vector<std::string_view>(words, words + 3));
  EXPECT_EQ(file.Ints("ints"), (std::vector<int64_t>{-1, 2, 3}));
  EXPECT_EQ(file.Floats("floats"), (std::vector<float>{0.5f, -2.0f}));

  ASSERT_EQ(file.fields().size(), 9u);
  EXPECT_EQ(file.fields()[0].key, "uint");
  EXPECT_EQ(file.fields()[8].key, "floats");
}

TEST(GgufFile, EveryScalarWidth) {
  const auto value = [](GgufType type, const auto& number) {
    return GgufValue(type, std::as_bytes(std::span(&number, 1)));
  };
  GgufHeader header;
  header.Set("u8", value(GgufType::kUint8, uint8_t{255}));
  header.Set("i8", value(GgufType::kInt8, int8_t{-128}));
  header.Set("u16", value(GgufType::kUint16, uint16_t{65535}));
  header.Set("i16", value(GgufType::kInt16, int16_t{-32768}));
  header.Set("i64", value(GgufType::kInt64, int64_t{-1} << 62));
  header.Set("f64", value(GgufType::kFloat64, 1e300));
  const GgufFile file = OpenHeader(header);

  EXPECT_EQ(file.Uint("u8"), 255u);
  EXPECT_EQ(file.Int("i8"), -128);
  EXPECT_EQ(file.Uint("u16"), 65535u);
  EXPECT_EQ(file.Int("i16"), -32768);
  EXPECT_EQ(file.Int("i64"), int64_t{-1} << 62);
  EXPECT_EQ(file.Float("f64"), 1e300);
}

TEST(GgufFile, MissingKeyNamesFileAndKey) {
  const GgufFile file = OpenHeader({});
  const Result<uint64_t> absent = file.Uint("llama.block_count");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(absent.error().message(), "model.gguf: metadata key 'llama.block_count' is missing");

  EXPECT_EQ(file.UintOr("a", 3), 3u);
  EXPECT_EQ(file.IntOr("a", -3), -3);
  EXPECT_EQ(file.FloatOr("a", 0.5), 0.5);
  EXPECT_EQ(file.BoolOr("a", true), true);
  EXPECT_EQ(file.StringOr("a", "b"), "b");
}

TEST(GgufFile, WrongTypeNamesFileKeyAndBothTypes) {
  GgufHeader header;
  header.SetString("text", "7");
  header.SetInt32("negative", -5);
  header.SetUint64("large", ~uint64_t{0});
  const int32_t ints[] = {1};
  header.SetInts("ints", ints);
  const GgufFile file = OpenHeader(header);

  const Result<uint64_t> text = file.UintOr("text", 1);  // present, so its type matters
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code(), ErrorCode::kCorrupt);
  EXPECT_EQ(text.error().message(),
            "model.gguf: metadata key 'text' is of type string, expected an unsigned integer");
  const Result<uint64_t> negative = file.Uint("negative");
  ASSERT_FALSE(negative);
  EXPECT_EQ(
      negative.error().message(),
      "model.gguf: metadata key 'negative' is of type int32 -5, expected an unsigned integer");
  EXPECT_FALSE(file.Int("large"));
  EXPECT_FALSE(file.Float("negative"));
  EXPECT_FALSE(file.Bool("negative"));
  EXPECT_FALSE(file.String("negative"));
  EXPECT_FALSE(file.Int("text"));
  EXPECT_FALSE(file.Int("ints"));
  EXPECT_FALSE(file.Ints("negative"));
  EXPECT_FALSE(file.Ints("text"));
  EXPECT_FALSE(file.Strings("ints"));
  EXPECT_FALSE(file.Floats("ints"));
  EXPECT_FALSE(file.Bools("ints"));
  EXPECT_EQ(file.Ints("ints").value().size(), 1u);
}

TEST(GgufFile, ArraysOfEveryKind) {
  const std::byte bools[] = {std::byte{1}, std::byte{0}, std::byte{1}};
  const double doubles[] = {0.25, 4.0};
  const std::byte large[] = {std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0},
                             std::byte{0}, std::byte{0}, std::byte{0}, std::byte{0x80}};
  GgufHeader header;
  header.Set("bools", GgufValue(GgufType::kBool, 3, bools));
  header.Set("doubles", GgufValue(GgufType::kFloat64, 2, std::as_bytes(std::span(doubles))));
  header.Set("large", GgufValue(GgufType::kUint64, 1, large));
  header.Set("empty", GgufValue(GgufType::kString, 0, {}));
  const GgufFile file = OpenHeader(header);
  EXPECT_EQ(file.Bools("bools"), (std::vector<bool>{true, false, true}));
  EXPECT_EQ(file.Floats("doubles"), (std::vector<float>{0.25f, 4.0f}));
  EXPECT_FALSE(file.Ints("large"));  // 2^63 does not fit
  EXPECT_EQ(file.Strings("empty").value().size(), 0u);
}

TEST(GgufFile, TensorsAreViewsWithReversedExtents) {
  GgufHeader header;
  header.AddTensor("weights", DType::kF32, {2, 3});
  header.AddTensor("blocks", DType::kQ8_0, {1, 2, 32});
  const float weights[] = {0, 1, 2, 3, 4, 5};
  const std::string blocks(2 * 34, 'q');
  const Bytes data[] = {std::as_bytes(std::span(weights)), AsBytes(blocks)};
  const GgufFile file = OpenBytes(EncodeGguf(header, data).value());

  const Result<TensorView> view = file.Tensor("weights");
  ASSERT_TRUE(view);
  EXPECT_EQ(view->type, DType::kF32);
  EXPECT_EQ(view->shape, (Shape{2, 3}));
  EXPECT_EQ(view->bytes(), sizeof(weights));
  EXPECT_EQ(std::memcmp(view->data, weights, sizeof(weights)), 0);

  ASSERT_EQ(file.tensors().size(), 2u);
  const GgufTensor& second = file.tensors()[1];
  EXPECT_EQ(second.name, "blocks");
  EXPECT_EQ(second.shape, (Shape{1, 2, 32}));
  EXPECT_EQ(second.bytes, blocks.size());
  EXPECT_EQ(second.offset - file.tensors()[0].offset, 32u);
  EXPECT_EQ(AsText(file.part(0).View(second.offset, second.bytes).value()), blocks);

  const Result<TensorView> absent = file.Tensor("nothing");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().message(), "model.gguf: tensor 'nothing' is missing");
}

// Names are names, whatever they look like: nothing in Ingle makes a path of one.
TEST(GgufFile, NamesMayLookLikePaths) {
  GgufHeader header;
  header.SetString("general.name", "../../etc/passwd\n\xff");
  header.AddTensor("../../etc/passwd", DType::kF32, {1});
  const std::string data(4, '\0');
  const Bytes tensors[] = {AsBytes(data)};
  const GgufFile file = OpenBytes(EncodeGguf(header, tensors).value());
  EXPECT_TRUE(file.Tensor("../../etc/passwd"));
  EXPECT_EQ(file.String("general.name"), "../../etc/passwd\n\xff");
}

TEST(GgufTypes, TableAgreesWithDType) {
  int absent = 0;
  for (int i = 0; i < kDTypeCount; ++i) {
    const auto dtype = static_cast<DType>(i);
    const GgmlType* type = FindGgmlType(dtype);
    if (type == nullptr) {
      ++absent;
      continue;
    }
    EXPECT_EQ(type->dtype, dtype);
    EXPECT_EQ(type->name, Name(dtype));
    EXPECT_EQ(type->block_elements, Info(dtype).block_elements);
    EXPECT_EQ(type->block_bytes, Info(dtype).block_bytes);
    EXPECT_EQ(FindGgmlType(type->id), type);
  }
  EXPECT_EQ(absent, 4);  // F8_E4M3, F8_E5M2, U8 and BOOL
  EXPECT_EQ(FindGgmlType(4), nullptr);
  EXPECT_EQ(FindGgmlType(1u << 31), nullptr);
}

TEST(GgufFile, RealVocabularies) {
  const std::filesystem::path folder = std::filesystem::path(INGLE_SHARED_DATA) / "tokenizers";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is absent";
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".gguf") continue;
    const Result<GgufFile> file = OpenGguf(entry.path().string());
    ASSERT_TRUE(file) << file.error().message();
    EXPECT_GT(file->Strings("tokenizer.ggml.tokens").value().size(), 30000u);
    EXPECT_TRUE(file->tensors().empty());
    ++files;
  }
  EXPECT_GT(files, 0);
}

}  // namespace
}  // namespace ingle
