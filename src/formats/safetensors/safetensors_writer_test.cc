#include "formats/safetensors/safetensors_writer.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "formats/safetensors/safetensors_file.h"

namespace ingle {
namespace {

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class SafetensorsWriterTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
    path_ = (folder_ / "model.safetensors").string();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  ptrdiff_t FilesInFolder() const {
    return std::distance(std::filesystem::directory_iterator(folder_), {});
  }

  std::filesystem::path folder_;
  std::string path_;
};

SafetensorsLayout SampleLayout() {
  return SafetensorsLayout::Make({{"z", DType::kF32, {2}},
                                  {"empty", DType::kF32, {0, 4}},
                                  {"bytes", DType::kU8, {3}},
                                  {"a", DType::kF32, {1, 1}},
                                  {"wide", DType::kI64, {}}})
      .value();
}

TEST(SafetensorsLayoutTest, WideElementsFirstThenByName) {
  const SafetensorsLayout layout = SampleLayout();
  std::string order;
  for (const SafetensorsSpec& tensor : layout.tensors()) order += tensor.name + " ";
  EXPECT_EQ(order, "wide a empty z bytes ");
  EXPECT_EQ(layout.header().size() % 8, 0u);
}

TEST_F(SafetensorsWriterTest, StreamsWhatTheReaderReads) {
  const SafetensorsLayout layout = SampleLayout();
  Result<SafetensorsWriter> writer = SafetensorsWriter::Create(path_, layout);
  ASSERT_TRUE(writer) << writer.error().message();
  EXPECT_FALSE(std::filesystem::exists(path_));
  std::vector<Bytes> data;
  const std::string text = "0123456789abcdefghijklm";
  size_t at = 0;
  for (const SafetensorsSpec& tensor : layout.tensors()) {
    data.push_back(AsBytes(text).subspan(at, tensor.bytes()));
    at += tensor.bytes();
  }
  ASSERT_EQ(at, text.size());
  for (const Bytes bytes : data) {
    ASSERT_TRUE(writer->Write(bytes.first(bytes.size() / 2)));
    ASSERT_TRUE(writer->Write(bytes.subspan(bytes.size() / 2)));
  }
  ASSERT_TRUE(writer->Finish());
  EXPECT_EQ(FilesInFolder(), 1);
  EXPECT_EQ(ReadAll(path_), EncodeSafetensors(layout, data).value());

  const Result<SafetensorsFile> file = OpenSafetensors(path_);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(AsText({file->Tensor("z").value().data, 8}), "cdefghij");
  for (const SafetensorsTensor& tensor : file->tensors()) {
    EXPECT_EQ(tensor.offset % (tensor.type->bits / 8), 0u) << tensor.name;
  }
}

// The same checkpoint through Ingle's writer and through the Python package: the same bytes.
TEST_F(SafetensorsWriterTest, MatchesThePythonPackage) {
  const std::string golden =
      ReadAll(INGLE_SOURCE_DIR "/tests/goldens/safetensors/sample.safetensors");
  const Result<SafetensorsFile> file =
      SafetensorsFile::Open(MakeMemorySource(golden, "sample.safetensors"));
  ASSERT_TRUE(file) << file.error().message();
  std::vector<SafetensorsSpec> specs;
  for (const SafetensorsTensor& tensor : file->tensors()) {
    for (uint64_t i = 0; i < tensor.bytes; ++i) {
      ASSERT_EQ(std::to_integer<uint64_t>(tensor.data[i]), i) << tensor.name;
    }
    specs.insert(specs.begin(), {tensor.name, *tensor.type->dtype, tensor.shape});
  }
  ASSERT_EQ(specs.size(), 15u);
  ASSERT_EQ(file->metadata().size(), 1u);
  const SafetensorsLayout layout =
      SafetensorsLayout::Make(specs, {{"note", "two\nlines\t\x01 and grüße"}}).value();
  std::vector<Bytes> data;
  for (const SafetensorsSpec& tensor : layout.tensors()) {
    data.emplace_back(file->Tensor(tensor.name).value().data, tensor.bytes());
  }
  EXPECT_EQ(EncodeSafetensors(layout, data).value(), golden);
}

TEST_F(SafetensorsWriterTest, UnfinishedLeavesNothing) {
  std::ofstream(path_) << "what stood here before";
  {
    Result<SafetensorsWriter> writer = SafetensorsWriter::Create(path_, SampleLayout());
    ASSERT_TRUE(writer);
    EXPECT_FALSE(writer->Write(AsBytes("nine byte")));
    EXPECT_TRUE(writer->Write(AsBytes("eight by")));
    const Status finished = writer->Finish();
    ASSERT_FALSE(finished);
    EXPECT_NE(finished.error().message().find("tensor 1 of 5 is incomplete"), std::string::npos);
  }
  EXPECT_EQ(FilesInFolder(), 1);
  EXPECT_EQ(ReadAll(path_), "what stood here before");
}

TEST_F(SafetensorsWriterTest, RefusesWhatTheReaderWould) {
  const auto refused = [](std::string name, DType type = DType::kF32) {
    return !SafetensorsLayout::Make({{std::move(name), type, {1}}});
  };
  EXPECT_FALSE(refused("a"));
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("__metadata__"));
  EXPECT_TRUE(refused("a\n"));
  EXPECT_TRUE(refused("a\xff"));
  EXPECT_TRUE(refused(std::string(1025, 'a')));
  EXPECT_TRUE(refused("a", DType::kQ4_0));
  EXPECT_FALSE(SafetensorsLayout::Make({{"a", DType::kF32, {1}}, {"a", DType::kF16, {1}}}));
  EXPECT_FALSE(SafetensorsLayout::Make({}, {{"k", "1"}, {"k", "2"}}));
  EXPECT_FALSE(SafetensorsLayout::Make({}, {{"k", "\xff"}}));
  EXPECT_EQ(SafetensorsLayout::Make({}).value().header(),
            std::string("\x08\0\0\0\0\0\0\0{}      ", 16));
}

}  // namespace
}  // namespace ingle
