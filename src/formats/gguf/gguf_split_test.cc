// Models in several files.
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "formats/gguf/gguf_file.h"
#include "formats/gguf/gguf_writer.h"

namespace ingle {
namespace {

class GgufSplit : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(std::string_view name) const { return (folder_ / name).string(); }

  // A part with one tensor of one float, its value.
  void WritePart(std::string_view file, uint32_t part, uint32_t count, std::string_view tensor,
                 float value, uint32_t total = 3) {
    GgufHeader header;
    header.SetUint32("split.no", part);
    header.SetUint32("split.count", count);
    header.SetUint32("split.tensors.count", total);
    header.AddTensor(tensor, DType::kF32, {1});
    const Bytes data[] = {std::as_bytes(std::span(&value, 1))};
    const std::string bytes = EncodeGguf(header, data).value();
    std::ofstream(Path(file), std::ios::binary) << bytes;
  }
  void WriteModel() {
    WritePart("m-00001-of-00003.gguf", 0, 3, "a", 1);
    WritePart("m-00002-of-00003.gguf", 1, 3, "b", 2);
    WritePart("m-00003-of-00003.gguf", 2, 3, "c", 3);
  }
  void ExpectRefused(std::string_view file, ErrorCode code, std::string_view part_of_message) {
    const Result<GgufFile> model = OpenGguf(Path(file));
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code(), code) << model.error().message();
    EXPECT_NE(model.error().message().find(part_of_message), std::string::npos)
        << model.error().message();
  }

  std::filesystem::path folder_;
};

TEST_F(GgufSplit, OpensAllParts) {
  WriteModel();
  const Result<GgufFile> model = OpenGguf(Path("m-00001-of-00003.gguf"));
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ(model->parts(), 3u);
  ASSERT_EQ(model->tensors().size(), 3u);
  for (const auto& [name, value] : {std::pair("a", 1.0f), {"b", 2.0f}, {"c", 3.0f}}) {
    float stored;
    std::memcpy(&stored, model->Tensor(name).value().data, sizeof(stored));
    EXPECT_EQ(stored, value) << name;
    const GgufTensor& tensor = *model->FindTensor(name);
    EXPECT_EQ(model->part(tensor.part).View(tensor.offset, 4).value().data(), tensor.data);
  }
}

TEST_F(GgufSplit, SinglePartIsNoSplit) {
  WritePart("alone.gguf", 0, 1, "a", 1, 1);
  EXPECT_TRUE(OpenGguf(Path("alone.gguf")));
}

TEST_F(GgufSplit, MissingPart) {
  WriteModel();
  std::filesystem::remove(Path("m-00002-of-00003.gguf"));
  ExpectRefused("m-00001-of-00003.gguf", ErrorCode::kNotFound, "part 2 of 3");
}

TEST_F(GgufSplit, LaterPartGiven) {
  WriteModel();
  ExpectRefused("m-00002-of-00003.gguf", ErrorCode::kInvalidArgument,
                "give the one that ends in -00001-of-00003.gguf");
}

TEST_F(GgufSplit, RenamedFirstPart) {
  WritePart("model.gguf", 0, 3, "a", 1);
  ExpectRefused("model.gguf", ErrorCode::kInvalidArgument, "must end in -00001-of-00003.gguf");
}

TEST_F(GgufSplit, PartOfAnotherPlace) {
  WriteModel();
  WritePart("m-00002-of-00003.gguf", 2, 3, "b", 2);
  ExpectRefused("m-00001-of-00003.gguf", ErrorCode::kCorrupt, "part 2 (from 0) of 3");
}

TEST_F(GgufSplit, PartOfAnotherModel) {
  WriteModel();
  WritePart("m-00003-of-00003.gguf", 2, 4, "c", 3);
  ExpectRefused("m-00001-of-00003.gguf", ErrorCode::kCorrupt, "of 4");
}

TEST_F(GgufSplit, TensorInTwoParts) {
  WriteModel();
  WritePart("m-00003-of-00003.gguf", 2, 3, "a", 3);
  ExpectRefused("m-00001-of-00003.gguf", ErrorCode::kCorrupt, "tensor 'a' occurs twice");
}

TEST_F(GgufSplit, WrongTensorCount) {
  WriteModel();
  WritePart("m-00001-of-00003.gguf", 0, 3, "a", 1, 4);
  ExpectRefused("m-00001-of-00003.gguf", ErrorCode::kCorrupt, "says 4 tensors");
}

TEST_F(GgufSplit, AbsurdCount) {
  WritePart("m-00001-of-00003.gguf", 0, ~0u, "a", 1);
  ExpectRefused("m-00001-of-00003.gguf", ErrorCode::kCorrupt, "'split.count' is 4294967295");
}

TEST_F(GgufSplit, DamagedPart) {
  WriteModel();
  std::filesystem::resize_file(Path("m-00003-of-00003.gguf"), 50);
  ExpectRefused("m-00001-of-00003.gguf", ErrorCode::kCorrupt, "m-00003-of-00003.gguf");
}

}  // namespace
}  // namespace ingle
