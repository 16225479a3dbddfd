// Checkpoints in several files.
#include "formats/safetensors/safetensors_index.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "formats/safetensors/safetensors_file.h"
#include "formats/safetensors/safetensors_writer.h"

namespace ingle {
namespace {

class SafetensorsShards : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(std::string_view name) const { return (folder_ / name).string(); }

  // Tensors of one float, each its place in the list.
  void WriteShard(std::string_view file, const std::vector<std::string>& tensors) {
    std::vector<SafetensorsSpec> specs;
    for (const std::string& tensor : tensors) specs.push_back({tensor, DType::kF32, {1}});
    const SafetensorsLayout layout =
        SafetensorsLayout::Make(specs, {{"file", std::string(file)}}).value();
    std::vector<float> values;
    for (size_t i = 0; i < tensors.size(); ++i) values.push_back(static_cast<float>(i));
    std::vector<Bytes> data;
    for (const float& value : values) data.push_back(std::as_bytes(std::span(&value, 1)));
    std::ofstream(Path(file), std::ios::binary) << EncodeSafetensors(layout, data).value();
  }
  void WriteIndex(std::string_view json) {
    std::ofstream(Path("model.safetensors.index.json"), std::ios::binary) << json;
  }
  void WriteModel() {
    WriteShard("model-1.safetensors", {"a", "c"});
    WriteShard("model-2.safetensors", {"b", "unlisted"});
    WriteIndex(R"({"metadata":{"total_size":999,"more":[1,{"x":null}]},"weight_map":)"
               R"({"b":"model-2.safetensors","a":"model-1.safetensors",)"
               R"("c":"model-1.safetensors"},"version":2})");
  }
  void ExpectRefused(ErrorCode code, std::string_view part_of_message) {
    const Result<SafetensorsFile> model = OpenSafetensors(folder_.string());
    ASSERT_FALSE(model);
    EXPECT_EQ(model.error().code(), code) << model.error().message();
    EXPECT_NE(model.error().message().find(part_of_message), std::string::npos)
        << model.error().message();
  }

  std::filesystem::path folder_;
};

TEST_F(SafetensorsShards, OneInterfaceOverAllFiles) {
  WriteModel();
  for (const std::string& path : {folder_.string(), Path("model.safetensors.index.json")}) {
    const Result<SafetensorsFile> model = OpenSafetensors(path);
    ASSERT_TRUE(model) << model.error().message();
    EXPECT_EQ(model->parts(), 2u);
    EXPECT_EQ(model->name(), Path("model.safetensors.index.json"));
    ASSERT_EQ(model->tensors().size(), 3u);
    for (const auto& [name, value] : {std::pair("a", 0.0f), {"b", 0.0f}, {"c", 1.0f}}) {
      float stored;
      std::memcpy(&stored, model->Tensor(name).value().data, sizeof(stored));
      EXPECT_EQ(stored, value) << name;
      const SafetensorsTensor& tensor = *model->FindTensor(name);
      EXPECT_EQ(model->part(tensor.part).View(tensor.offset, 4).value().data(), tensor.data);
    }
    EXPECT_EQ(model->FindTensor("unlisted"), nullptr);
    EXPECT_EQ(model->metadata()[0].second, "model-1.safetensors");
  }
}

TEST_F(SafetensorsShards, SingleFileInAFolderComesFirst) {
  WriteModel();
  WriteShard("model.safetensors", {"only"});
  const Result<SafetensorsFile> model = OpenSafetensors(folder_.string());
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ(model->parts(), 1u);
  EXPECT_TRUE(model->Tensor("only"));
}

TEST_F(SafetensorsShards, EmptyFolder) {
  ExpectRefused(ErrorCode::kNotFound,
                "neither model.safetensors nor model.safetensors.index.json is there");
}

TEST_F(SafetensorsShards, MissingShard) {
  WriteModel();
  std::filesystem::remove(Path("model-2.safetensors"));
  ExpectRefused(ErrorCode::kNotFound, "model.safetensors.index.json, file 2 of 2: cannot open");
}

TEST_F(SafetensorsShards, DamagedShard) {
  WriteModel();
  std::filesystem::resize_file(Path("model-2.safetensors"), 30);
  ExpectRefused(ErrorCode::kCorrupt, "model-2.safetensors: the header claims");
}

TEST_F(SafetensorsShards, TensorInAnotherShard) {
  WriteModel();
  WriteIndex(R"({"weight_map":{"b":"model-1.safetensors"}})");
  ExpectRefused(ErrorCode::kCorrupt,
                "tensor 'b' is not in 'model-1.safetensors', where weight_map says it is");
}

TEST_F(SafetensorsShards, FilesOutsideTheFolder) {
  WriteModel();
  for (const std::string_view file :
       {"../model-1.safetensors", "/etc/passwd", "..", ".", "", "sub/x.safetensors", "c:\\\\model",
        "C:model", "a\\u0000b", "a\\nb"}) {
    WriteIndex(Cat(R"({"weight_map":{"a":")", file, R"("}})"));
    ExpectRefused(ErrorCode::kCorrupt, "which is no name of a file beside the index");
  }
}

TEST(SafetensorsIndexText, Refused) {
  const auto refused = [](std::string_view text, std::string_view part_of_message) {
    const Result<SafetensorsIndex> index = ParseSafetensorsIndex("i.json", text);
    ASSERT_FALSE(index) << text;
    EXPECT_EQ(index.error().code(), ErrorCode::kCorrupt);
    EXPECT_TRUE(index.error().message().starts_with("i.json: ")) << index.error().message();
    EXPECT_NE(index.error().message().find(part_of_message), std::string::npos)
        << index.error().message();
  };
  refused("", "not valid JSON");
  refused("[]", "the index is an array");
  refused("3", "the index is a number");
  refused("{}", "it has no weight_map");
  refused(R"({"weight_map":{}})", "weight_map is empty");
  refused(R"({"weight_map":"x"})", "weight_map is a string");
  refused(R"({"weight_map":[]})", "weight_map is an array");
  refused(R"({"weight_map":{"a":1}})", "weight_map has a number at 'a'");
  refused(R"({"weight_map":{"a":{"b":"c"}}})", "weight_map has an object at 'a'");
  refused(R"({"weight_map":{"a":["b"]}})", "an array");
  refused(R"({"weight_map":{"a":"b"},"weight_map":{"c":"d"}})", "two weight_map");
  refused(R"({"weight_map":{"a":"x","b":"x","a":"y"}})", "tensor 'a' occurs twice");
  refused(R"({"metadata":)" + std::string(100'000, '['), "nested more than 32 deep");
}

TEST(SafetensorsIndexText, SortsByFile) {
  const SafetensorsIndex index =
      ParseSafetensorsIndex("i.json", R"({"weight_map":{"c":"y","b":"x","a":"y"}})").value();
  EXPECT_EQ(index.files, (std::vector<std::string>{"x", "y"}));
  ASSERT_EQ(index.entries.size(), 3u);
  EXPECT_EQ(index.entries[0].tensor, "b");
  EXPECT_EQ(index.entries[1].tensor, "a");
  EXPECT_EQ(index.entries[1].file, 1u);
}

}  // namespace
}  // namespace ingle
