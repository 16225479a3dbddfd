#include "engine/panel_file.h"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <random>

#include <gtest/gtest.h>

#include "kernels/matmul/matmul.h"

namespace ingle {
namespace {

namespace fs = std::filesystem;

// A file with two matrices in it, large enough to be worth a file of panels.
class PanelFile : public testing::Test {
 protected:
  static constexpr uint64_t kRows = 4000;
  static constexpr uint64_t kColumns = 2048;
  static constexpr uint64_t kBytes = kRows * kColumns / 32 * 18;

  void SetUp() override {
    folder_ =
        fs::temp_directory_path() / ("ingle_panels_" + std::to_string(std::random_device()()));
    fs::create_directories(folder_);
    WriteModel(1);
  }
  void TearDown() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  void WriteModel(uint32_t seed) {
    std::mt19937 random(seed);
    std::string bytes(2 * kBytes, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    std::ofstream(model()) << bytes;
    auto file = OpenFile(model());
    ASSERT_TRUE(file);
    file_ = std::shared_ptr<const ByteSource>(std::move(*file));
    matrices_.clear();
    for (const uint64_t at : {uint64_t{0}, kBytes}) {
      matrices_.push_back({DType::kQ4_0, {kRows, kColumns}, file_->View(at, kBytes)->data()});
    }
  }

  std::string model() const { return (folder_ / "model").string(); }
  std::string directory() const { return (folder_ / "panels").string(); }
  PanelSource source() const { return {directory(), model(), {file_.get()}}; }

  Panels Open() {
    auto panels = OpenPanels(source(), matrices_, pool_);
    EXPECT_TRUE(panels);
    return *std::move(panels);
  }
  void ExpectRight(const Panels& panels) {
    const auto want = PackInMemory(matrices_, pool_);
    ASSERT_TRUE(want);
    for (const TensorView& matrix : matrices_) {
      const std::byte* got = panels.weights.Find(matrix);
      ASSERT_NE(got, nullptr);
      EXPECT_EQ(0, std::memcmp(got, want->weights.Find(matrix), matrix.bytes()));
    }
  }
  size_t FilesKept() const {
    std::error_code ignored;
    size_t files = 0;
    for (const auto& entry : fs::directory_iterator(directory(), ignored)) {
      files += entry.is_regular_file();
    }
    return files;
  }

  fs::path folder_;
  std::shared_ptr<const ByteSource> file_;
  std::vector<TensorView> matrices_;
  WorkerPool pool_{2};
};

TEST_F(PanelFile, IsWrittenOnceAndMappedThen) {
  const Panels first = Open();
  EXPECT_TRUE(first.mapped);
  EXPECT_TRUE(first.written);
  ExpectRight(first);
  const fs::path kept = fs::directory_iterator(directory())->path();
  const auto written = fs::last_write_time(kept);
  const Panels second = Open();
  EXPECT_TRUE(second.mapped);
  EXPECT_FALSE(second.written);
  ExpectRight(second);
  EXPECT_EQ(fs::last_write_time(kept), written);
  EXPECT_EQ(FilesKept(), 1u);
}

TEST_F(PanelFile, OfAnotherModelIsReplaced) {
  { const Panels first = Open(); }
  WriteModel(2);
  const Panels second = Open();
  EXPECT_TRUE(second.mapped);
  ExpectRight(second);
  EXPECT_EQ(FilesKept(), 1u);
}

TEST_F(PanelFile, ThatIsDamagedIsReplaced) {
  { const Panels first = Open(); }
  const fs::path kept = fs::directory_iterator(directory())->path();
  for (const char* damage : {"shorter", "header", "empty"}) {
    SCOPED_TRACE(damage);
    if (damage == std::string("shorter")) fs::resize_file(kept, fs::file_size(kept) - 64);
    if (damage == std::string("header")) {
      std::fstream(kept, std::ios::in | std::ios::out).seekp(20) << "else";
    }
    if (damage == std::string("empty")) fs::resize_file(kept, 0);
    const Panels panels = Open();
    EXPECT_TRUE(panels.mapped);
    ExpectRight(panels);
  }
}

TEST_F(PanelFile, OfAModelThatIsNoMoreIsRemoved) {
  { const Panels first = Open(); }
  const std::string before = model();
  const fs::path moved = folder_ / "moved";
  fs::rename(before, moved);
  auto panels = OpenPanels({directory(), moved.string(), {file_.get()}}, matrices_, pool_);
  ASSERT_TRUE(panels);
  EXPECT_TRUE(panels->mapped);
  EXPECT_EQ(FilesKept(), 1u);
  fs::remove(moved);
  RemoveOrphanPanels(directory());
  EXPECT_EQ(FilesKept(), 0u);
}

TEST_F(PanelFile, WhereNoneCanBePanelsAreInMemory) {
  std::ofstream(folder_ / "panels") << "a file where the directory would be";
  const Panels refused = Open();
  EXPECT_FALSE(refused.mapped || refused.written);
  ExpectRight(refused);
  auto unnamed = OpenPanels({"", model(), {file_.get()}}, matrices_, pool_);
  ASSERT_TRUE(unnamed);
  EXPECT_FALSE(unnamed->mapped);
  ExpectRight(*unnamed);
}

}  // namespace
}  // namespace ingle
