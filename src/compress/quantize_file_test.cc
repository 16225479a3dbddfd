#include "compress/quantize_file.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "formats/gguf/gguf_file.h"
#include "formats/gguf/gguf_writer.h"
#include "kernels/dequantize/dequantize.h"

namespace ingle {
namespace {

const QuantizationMix& Mix(std::string_view name) { return *FindQuantizationMix(name); }

class QuantizeGgufTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
    in_ = (folder_ / "in.gguf").string();
    out_ = (folder_ / "out.gguf").string();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // A matrix, a norm and an output, of normal weights.
  void WriteModel(float spoiled = 0.5f) {
    std::mt19937 random(1);
    std::normal_distribution<float> normal;
    matrix_.resize(6 * 512);
    for (float& weight : matrix_) weight = normal(random);
    matrix_[1000] = spoiled;
    GgufHeader header;
    header.SetString("general.architecture", "llama");
    header.SetUint32("general.alignment_of_stars", 7);
    header.SetUint32("general.file_type", 0);
    header.AddTensor("blk.0.attn_q.weight", DType::kF32, {6, 512});
    header.AddTensor("blk.0.attn_norm.weight", DType::kF32, {512});
    header.AddTensor("output.weight", DType::kF32, {6, 512});
    const Bytes matrix = std::as_bytes(std::span(matrix_));
    const Bytes data[] = {matrix, matrix.first(512 * sizeof(float)), matrix};
    std::ofstream(in_, std::ios::binary) << EncodeGguf(header, data).value();
  }

  double RelativeError(const TensorView& tensor) const {
    std::vector<float> decoded(tensor.shape.elements());
    DequantizeRow(tensor.type, tensor.data, decoded.data(), decoded.size());
    double error = 0;
    double norm = 0;
    for (size_t i = 0; i < decoded.size(); ++i) {
      error += (decoded[i] - matrix_[i]) * (decoded[i] - matrix_[i]);
      norm += matrix_[i] * matrix_[i];
    }
    return std::sqrt(error / norm);
  }
  static std::string ReadAll(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path folder_;
  std::string in_;
  std::string out_;
  std::vector<float> matrix_;
};

TEST_F(QuantizeGgufTest, EveryMix) {
  WriteModel();
  for (const QuantizationMix& mix : QuantizationMixes()) {
    const Status done = QuantizeGguf(in_, out_, mix);
    ASSERT_TRUE(done) << done.error().message();
    const Result<GgufFile> model = OpenGguf(out_);
    ASSERT_TRUE(model) << model.error().message();
    EXPECT_EQ(model->Uint("general.file_type"), mix.file_type);
    const TensorView matrix = model->Tensor("blk.0.attn_q.weight").value();
    EXPECT_EQ(matrix.type, mix.base);
    const bool ternary = mix.base == DType::kTQ1_0 || mix.base == DType::kTQ2_0;
    const double tolerance = ternary ? 1.0 : mix.base == DType::kQ2_K ? 0.3 : 0.16;
    EXPECT_LT(RelativeError(matrix), tolerance) << mix.name;
    EXPECT_EQ(model->Tensor("blk.0.attn_norm.weight").value().type, DType::kF32);
    EXPECT_LT(RelativeError(model->Tensor("output.weight").value()), 0.02) << mix.name;
  }
}

// The numbers that rules ask for are the model's own.
TEST_F(QuantizeGgufTest, RulesAskTheMetadata) {
  const std::vector<float> weights(4 * 512, 1.0f);
  GgufHeader header;
  header.SetString("general.architecture", "llama");
  header.SetUint32("llama.block_count", 16);
  header.SetUint32("llama.attention.head_count", 8);
  const int32_t kv_heads[] = {2, 0, 2};
  header.SetInts("llama.attention.head_count_kv", kv_heads);
  std::vector<Bytes> data;
  for (const char* name :
       {"blk.0.attn_v.weight", "blk.1.ffn_down.weight", "blk.2.ffn_down.weight", "output.weight"}) {
    header.AddTensor(name, DType::kF32, {4, 512});
    data.push_back(std::as_bytes(std::span(weights)));
  }
  std::ofstream(in_, std::ios::binary) << EncodeGguf(header, data).value();
  ASSERT_TRUE(QuantizeGguf(in_, out_, Mix("Q2_K")));
  const GgufFile grouped = OpenGguf(out_).value();
  EXPECT_EQ(grouped.Tensor("blk.0.attn_v.weight").value().type, DType::kQ4_K);
  ASSERT_TRUE(QuantizeGguf(in_, out_, Mix("Q3_K_M")));
  const GgufFile counted = OpenGguf(out_).value();
  EXPECT_EQ(counted.Tensor("blk.1.ffn_down.weight").value().type, DType::kQ5_K);
  EXPECT_EQ(counted.Tensor("blk.2.ffn_down.weight").value().type, DType::kQ4_K);
}

TEST_F(QuantizeGgufTest, MetadataIsCopiedInOrder) {
  WriteModel();
  ASSERT_TRUE(QuantizeGguf(in_, out_, Mix("Q4_K")));
  const GgufFile model = OpenGguf(out_).value();
  ASSERT_EQ(model.fields().size(), 4u);
  EXPECT_EQ(model.fields()[0].key, "general.architecture");
  EXPECT_EQ(model.fields()[1].key, "general.alignment_of_stars");
  EXPECT_EQ(model.Uint("general.file_type"), 15u);
  EXPECT_EQ(model.Uint("general.quantization_version"), 2u);
}

TEST_F(QuantizeGgufTest, ThreadsChangeNothing) {
  WriteModel();
  ASSERT_TRUE(QuantizeGguf(in_, out_, Mix("Q3_K")));
  const std::string alone = ReadAll(out_);
  WorkerPool pool(3);
  QuantizeOptions options;
  options.pool = &pool;
  ASSERT_TRUE(QuantizeGguf(in_, out_, Mix("Q3_K"), options));
  EXPECT_EQ(ReadAll(out_), alone);
}

TEST_F(QuantizeGgufTest, SameTypeIsCopiedEvenOntoItself) {
  WriteModel();
  ASSERT_TRUE(QuantizeGguf(in_, out_, Mix("Q4_K")));
  const std::string once = ReadAll(out_);
  ASSERT_TRUE(QuantizeGguf(out_, out_, Mix("Q4_K")));
  EXPECT_EQ(ReadAll(out_), once);
}

TEST_F(QuantizeGgufTest, ReportsProgress) {
  WriteModel();
  std::vector<std::string> seen;
  QuantizeOptions options;
  options.progress = [&](const QuantizeProgress& progress) {
    EXPECT_EQ(progress.index, seen.size());
    EXPECT_EQ(progress.count, 3u);
    seen.emplace_back(Cat(progress.tensor, " ", Name(progress.from), " ", Name(progress.to)));
  };
  ASSERT_TRUE(QuantizeGguf(in_, out_, Mix("Q4_0"), options));
  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0], "blk.0.attn_q.weight F32 Q4_0");
  EXPECT_EQ(seen[2], "output.weight F32 Q6_K");
}

TEST_F(QuantizeGgufTest, RefusesWeightsThatAreNotFinite) {
  for (const float spoiled : {NAN, INFINITY}) {
    WriteModel(spoiled);
    const Status done = QuantizeGguf(in_, out_, Mix("Q4_0"));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code(), ErrorCode::kCorrupt);
    EXPECT_NE(done.error().message().find("tensor 'blk.0.attn_q.weight'"), std::string::npos);
    EXPECT_FALSE(std::filesystem::exists(out_));
  }
}

TEST_F(QuantizeGgufTest, MissingInput) {
  const Status done = QuantizeGguf(in_, out_, Mix("Q4_0"));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code(), ErrorCode::kNotFound);
}

}  // namespace
}  // namespace ingle
