// Weights that are kept in a folder, through the public interface.

#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "ingle/ingle.hpp"

namespace {

namespace fs = std::filesystem;

const std::string kTinyModel = INGLE_SOURCE_DIR "/tests/conformance/llama/plain.gguf";

class KeptWeights : public testing::Test {
 protected:
  KeptWeights() {
    const std::string name = "ingle-kept-" + std::to_string(std::random_device()());
    folder_ = fs::temp_directory_path() / name;
  }
  ~KeptWeights() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  std::vector<fs::path> Files() const {
    std::vector<fs::path> files;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
      files.push_back(entry.path());
    }
    return files;
  }
  std::string AnswerOf(const std::string& path) const {
    ingle::ModelOptions options;
    options.context = 64;
    options.panel_directory = folder_.string();
    const ingle::Model model(path, options);
    ingle::GenerateOptions greedy;
    greedy.temperature = 0;
    greedy.max_tokens = 2;
    return ingle::Session(model).Generate(model.Tokenize("The capital of France is"), greedy).text;
  }

  fs::path folder_;
};

TEST_F(KeptWeights, OfFewBytesAreNot) {
  ingle_model_options options = INGLE_MODEL_OPTIONS_DEFAULT;
  EXPECT_EQ(options.panel_directory, nullptr);
  const std::string folder = folder_.string();
  options.panel_directory = folder.c_str();
  ingle_model* model = nullptr;
  ASSERT_EQ(ingle_model_load(kTinyModel.c_str(), &options, &model), INGLE_OK);
  ingle_model_free(model);
  EXPECT_TRUE(Files().empty());
}

TEST_F(KeptWeights, AreNotReadOfOptionsFromBeforeThem) {
  ingle_model_options options = INGLE_MODEL_OPTIONS_DEFAULT;
  options.size = offsetof(ingle_model_options, panel_directory);
  options.panel_directory = reinterpret_cast<const char*>(1);
  ingle_model* model = nullptr;
  ASSERT_EQ(ingle_model_load(kTinyModel.c_str(), &options, &model), INGLE_OK);
  ingle_model_free(model);
}

// The environment variable INGLE_TEST_SMOLLM2 names the default model's file.
TEST_F(KeptWeights, AreWrittenOnce) {
  const char* path = std::getenv("INGLE_TEST_SMOLLM2");
  if (path == nullptr) GTEST_SKIP() << "INGLE_TEST_SMOLLM2 does not name the model file";
  const std::string answer = AnswerOf(path);
  ASSERT_EQ(Files().size(), 1u);
  const fs::path kept = Files().front();
  EXPECT_GT(fs::file_size(kept), 50'000'000u);
  const auto written = fs::last_write_time(kept);
  EXPECT_EQ(AnswerOf(path), answer);
  EXPECT_EQ(fs::last_write_time(kept), written);
  EXPECT_EQ(Files().size(), 1u);

  fs::remove_all(folder_);
  std::ofstream(folder_) << "a file where the folder would be";
  EXPECT_EQ(AnswerOf(path), answer);
}

}  // namespace
