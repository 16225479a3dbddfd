// For tests: a model's file, and a folder for its panels.
#pragma once

#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "engine/panel_file.h"

namespace ingle {

// A file with two matrices in it, large enough to be worth a file of panels.
class PanelFile : public testing::Test {
 protected:
  static constexpr uint64_t kRows = 4000;
  static constexpr uint64_t kColumns = 2048;
  static constexpr uint64_t kBytes = kRows * kColumns / 32 * 18;

  void SetUp() override {
    const std::string name = "ingle_panels_" + std::to_string(std::random_device()());
    folder_ = std::filesystem::canonical(std::filesystem::temp_directory_path()) / name;
    std::filesystem::create_directories(folder_);
    WriteModel(1);
  }
  void TearDown() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
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

  Panels Open() { return Open(pool_); }
  Panels Open(WorkerPool& pool) const {
    auto panels = OpenPanels(source(), matrices_, pool);
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
  // The path of the only file that is kept.
  std::string Kept() const {
    return std::filesystem::directory_iterator(directory())->path().string();
  }
  size_t FilesKept() const {
    std::error_code ignored;
    size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(directory(), ignored)) {
      files += entry.is_regular_file();
    }
    return files;
  }

  std::filesystem::path folder_;
  std::shared_ptr<const ByteSource> file_;
  std::vector<TensorView> matrices_;
  WorkerPool pool_{2};
};

}  // namespace ingle
