#include "formats/gguf/gguf_writer.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <sys/resource.h>

#include <gtest/gtest.h>

#include "formats/gguf/gguf_file.h"

namespace ingle {
namespace {

std::string ReadAll(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class GgufWriterTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
    path_ = (folder_ / "model.gguf").string();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  ptrdiff_t FilesInFolder() const {
    return std::distance(std::filesystem::directory_iterator(folder_), {});
  }

  std::filesystem::path folder_;
  std::string path_;
};

GgufHeader SampleHeader() {
  const std::string_view words[] = {"one", "", "three"};
  GgufHeader header;
  header.SetString("general.architecture", "llama");
  header.SetUint32("count", 1);
  header.SetStrings("words", words);
  header.SetUint32("count", 2);
  header.AddTensor("a", DType::kF32, {3});
  header.AddTensor("b", DType::kQ8_0, {2, 32});
  return header;
}

TEST_F(GgufWriterTest, StreamsWhatTheReaderReads) {
  const std::string a(12, 'a');
  const std::string b(68, 'b');
  Result<GgufWriter> writer = GgufWriter::Create(path_, SampleHeader());
  ASSERT_TRUE(writer) << writer.error().message();
  EXPECT_FALSE(std::filesystem::exists(path_));
  ASSERT_TRUE(writer->Write(AsBytes(a)));
  ASSERT_TRUE(writer->Write(AsBytes(b).first(34)));
  ASSERT_TRUE(writer->Write(AsBytes(b).subspan(34)));
  ASSERT_TRUE(writer->Finish());
  EXPECT_EQ(FilesInFolder(), 1);

  const Result<GgufFile> file = OpenGguf(path_);
  ASSERT_TRUE(file) << file.error().message();
  EXPECT_EQ(file->Uint("count"), 2u);
  EXPECT_EQ(file->fields()[1].key, "count");
  EXPECT_EQ(AsText({file->Tensor("b").value().data, 68}), b);
  EXPECT_EQ(std::filesystem::file_size(path_) % 32, 0u);

  const Bytes data[] = {AsBytes(a), AsBytes(b)};
  EXPECT_EQ(ReadAll(path_), EncodeGguf(SampleHeader(), data).value());
}

// Every value copied from one file to another arrives as it was.
TEST_F(GgufWriterTest, CopiesValues) {
  const std::string bytes = SampleHeader().Encode().value() + std::string(128, '\0');
  const Result<GgufFile> file = GgufFile::Open(MakeMemorySource(bytes));
  ASSERT_TRUE(file) << file.error().message();
  GgufHeader copy;
  for (const GgufField& field : file->fields()) copy.Set(field.key, field.value);
  for (const GgufTensor& t : file->tensors()) copy.AddTensor(t.name, *t.type->dtype, t.shape);
  EXPECT_EQ(copy.Encode().value(), SampleHeader().Encode().value());
}

// The same model through Ingle's writer and through the Python package `gguf`: the same bytes.
// Reading both is covered too, since the reader must find in the one what was put into the other.
TEST_F(GgufWriterTest, MatchesThePythonPackage) {
  const std::string golden = ReadAll(INGLE_SOURCE_DIR "/tests/goldens/gguf/sample.gguf");
  const std::string_view words[] = {"one", "", "three"};
  const int32_t ints[] = {-1, 2, 3};
  const float floats[] = {0.25f, -2.0f};
  GgufHeader header;
  header.SetString("general.architecture", "llama");
  header.SetUint32("count", 7);
  header.SetInt32("negative", -5);
  header.SetUint64("large", uint64_t{1} << 63);
  header.SetFloat32("half", 0.5f);
  header.SetBool("yes", true);
  header.SetString("text", "grüße");
  header.SetStrings("words", words);
  header.SetInts("ints", ints);
  header.SetFloats("floats", floats);
  header.AddTensor("vector", DType::kF32, {3});
  header.AddTensor("matrix", DType::kF32, {2, 3});
  header.AddTensor("cube", DType::kF16, {2, 3, 4});
  header.AddTensor("blocks", DType::kQ8_0, {3, 32});

  const Result<GgufFile> file = GgufFile::Open(MakeMemorySource(golden, "sample.gguf"));
  ASSERT_TRUE(file) << file.error().message();
  ASSERT_EQ(file->tensors().size(), 4u);
  std::vector<Bytes> data;
  for (const GgufTensor& tensor : file->tensors()) data.emplace_back(tensor.data, tensor.bytes);
  float ramp[6];
  std::memcpy(ramp, data[1].data(), sizeof(ramp));
  EXPECT_EQ(ramp[5], 5.0f);
  EXPECT_EQ(EncodeGguf(header, data).value(), golden);
}

TEST_F(GgufWriterTest, UnfinishedLeavesNothing) {
  std::ofstream(path_) << "what stood here before";
  {
    Result<GgufWriter> writer = GgufWriter::Create(path_, SampleHeader());
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->Write(AsBytes(std::string(12, 'a'))));
    const Status finished = writer->Finish();
    ASSERT_FALSE(finished);
    EXPECT_NE(finished.error().message().find("tensor 1 of 2 is incomplete"), std::string::npos);
  }
  EXPECT_EQ(FilesInFolder(), 1);
  EXPECT_EQ(ReadAll(path_), "what stood here before");
}

TEST_F(GgufWriterTest, RefusesMoreDataThanDeclared) {
  Result<GgufWriter> writer = GgufWriter::Create(path_, SampleHeader());
  ASSERT_TRUE(writer);
  EXPECT_FALSE(writer->Write(AsBytes(std::string(13, 'a'))));
  EXPECT_TRUE(writer->Write(AsBytes(std::string(12, 'a'))));
  EXPECT_TRUE(writer->Write(AsBytes(std::string(68, 'b'))));
  EXPECT_FALSE(writer->Write(AsBytes(std::string(1, 'c'))));
}

TEST_F(GgufWriterTest, RefusesWhatTheReaderWould) {
  const auto refused = [](const GgufHeader& header) { return !header.Encode(); };
  GgufHeader header;
  header.SetUint32("", 1);
  EXPECT_TRUE(refused(header));
  header = {};
  header.SetUint32("a\tb", 1);
  EXPECT_TRUE(refused(header));
  header = {};
  header.SetUint32("general.alignment", 64);
  EXPECT_TRUE(refused(header));
  header = {};
  header.AddTensor("a", DType::kF32, {1});
  EXPECT_FALSE(refused(header));
  header.AddTensor("a", DType::kF32, {1});
  EXPECT_TRUE(refused(header));
  header = {};
  header.AddTensor("a", DType::kF32, {0});
  EXPECT_TRUE(refused(header));
  header = {};
  header.AddTensor("a", DType::kQ4_K, {128});
  EXPECT_TRUE(refused(header));
  header = {};
  header.AddTensor("a", DType::kBool, {8});
  EXPECT_TRUE(refused(header));
  header = {};
  header.AddTensor("a", DType::kF32, {1, 1, 1, 1, 1});
  EXPECT_TRUE(refused(header));
}

TEST_F(GgufWriterTest, RefusesFoldersAndMissingFolders) {
  EXPECT_FALSE(GgufWriter::Create(folder_.string(), SampleHeader()));
  const Result<GgufWriter> writer =
      GgufWriter::Create((folder_ / "absent" / "model.gguf").string(), SampleHeader());
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code(), ErrorCode::kIo);
}

// A full disk, played by the limit on the size of files.
TEST_F(GgufWriterTest, FullDiskLeavesNothing) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small = {65536, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);

  GgufHeader header;
  header.AddTensor("a", DType::kF32, {65536});
  const std::string data(4 * 65536, 'x');
  Status written;
  {
    Result<GgufWriter> writer = GgufWriter::Create(path_, header);
    written = writer ? writer->Write(AsBytes(data)) : Status(Fail(writer.error()));
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);

  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code(), ErrorCode::kIo);
  EXPECT_NE(written.error().message().find(path_), std::string::npos);
  EXPECT_EQ(FilesInFolder(), 0);
}

}  // namespace
}  // namespace ingle
