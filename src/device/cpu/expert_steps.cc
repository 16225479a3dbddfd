#include "device/cpu/expert_steps.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "compile/expert_scratch.h"
#include "device/cpu/operands.h"
#include "kernels/bf16_tiles.h"

namespace ingle {
namespace {

// A token's product with one of its experts.
struct Product {
  size_t token;
  size_t slot;  // which of its k
};

// The products with one expert, a few at a time, of this worker's share of its rows. One pass over
// the weights serves all of them.
class ExpertProducts {
 public:
  ExpertProducts(const Step& step, const StepContext& context)
      : step_(step),
        context_(context),
        attributes_(std::get<ExpertsAttributes>(step.attributes)),
        rows_(step.inputs[2].weight.shape.rows()),
        columns_(step.inputs[2].weight.shape.columns()),
        kernel_(context.program.kernels.matmul(step.inputs[2].weight.type)),
        share_(context.worker.Share(rows_, 16)),
        input_bytes_(ExpertInputBytes(step)),
        layout_(rows_, input_bytes_ / sizeof(float), kernel_.scratch(columns_)) {}

  // What is added from now on is of one expert, and of one form.
  void Begin(size_t expert, bool in_tiles) {
    expert_ = expert;
    in_tiles_ = in_tiles;
  }

  void Add(Product product) {
    products_[count_++] = product;
    if (count_ == kExpertTokens) Flush();
  }

  void Flush() {
    if (count_ > 0 && share_.begin < share_.end) {
      TakeInputs();
      Multiply();
    }
    count_ = 0;
  }

 private:
  void TakeInputs() {
    for (size_t i = 0; i < count_; ++i) {
      const size_t part = attributes_.own_inputs ? products_[i].slot : 0;
      if (in_tiles_) {
        TakeTiles(products_[i].token, part, i);
      } else {
        TakeRow(products_[i].token, part, i);
      }
    }
  }

  std::byte* Inputs() { return reinterpret_cast<std::byte*>(context_.scratch + layout_.inputs); }

  void TakeRow(size_t token, size_t part, size_t to) {
    std::memcpy(Inputs() + to * layout_.input_row * sizeof(float),
                Row(step_.inputs[0], context_, token) + part * input_bytes_, input_bytes_);
  }

  // A line of each tile that the row is in.
  void TakeTiles(size_t token, size_t part, size_t to) {
    const size_t tiles = columns_ / kBf16TileColumns;
    const std::byte* from = Tiles(step_.inputs[0], context_) +
                            Bf16RowOffset(token, step_.inputs[0].type.columns) +
                            part * tiles * kBf16TileBytes;
    std::byte* line = Inputs() + Bf16RowOffset(to, columns_);
    for (size_t i = 0; i < tiles; ++i) {
      std::memcpy(line + i * kBf16TileBytes, from + i * kBf16TileBytes,
                  kBf16TileBytes / kBf16TileRows);
    }
  }

  void Multiply() {
    const TensorView& weight = step_.inputs[2].experts[expert_];
    float* outputs = context_.scratch + layout_.outputs;
    MatMulTask task{};
    task.weights = weight.data;
    task.weight_row_bytes = weight.row_bytes();
    task.columns = columns_;
    task.input = Inputs();
    task.input_row_bytes = layout_.input_row * sizeof(float);
    task.tokens = count_;
    task.output = outputs;
    task.output_stride = rows_;
    if (attributes_.bias) {
      task.bias = reinterpret_cast<const float*>(step_.inputs[3].weight.data) + expert_ * rows_;
    }
    task.row_begin = share_.begin;
    task.row_end = share_.end;
    task.scratch = context_.scratch + layout_.kernel;
    (in_tiles_ ? kernel_.run_tiles : kernel_.run)(task);
    for (size_t i = 0; i < count_; ++i) {
      float* out = FloatRow(step_.output, context_, products_[i].token) + products_[i].slot * rows_;
      std::copy(outputs + i * rows_ + share_.begin, outputs + i * rows_ + share_.end,
                out + share_.begin);
    }
  }

  const Step& step_;
  const StepContext& context_;
  const ExpertsAttributes& attributes_;
  const size_t rows_;
  const size_t columns_;
  const MatMulKernel& kernel_;
  const Worker::Range share_;
  const size_t input_bytes_;
  const ExpertScratch layout_;

  size_t expert_ = 0;
  bool in_tiles_ = false;
  size_t count_ = 0;
  std::array<Product, kExpertTokens> products_{};
};

// Those of some tokens.
void AddProducts(const Step& step, const StepContext& context, const Worker::Range& tokens,
                 size_t expert, ExpertProducts& products) {
  const size_t k = std::get<ExpertsAttributes>(step.attributes).k;
  for (size_t token = tokens.begin; token < tokens.end; ++token) {
    const float* routes = FloatRow(step.inputs[1], context, token);
    for (size_t slot = 0; slot < k; ++slot) {
      if (routes[slot] == static_cast<float>(expert)) products.Add({token, slot});
    }
  }
}

}  // namespace

void Experts(const Step& step, const StepContext& context) {
  const bool has_tiles = step.inputs[0].type.element == Element::kQ8OrTiles;
  ExpertProducts products(step, context);
  for (size_t expert = 0; expert < step.inputs[2].experts.size(); ++expert) {
    if (!has_tiles) {
      products.Begin(expert, false);
      AddProducts(step, context, {0, RowCount(step.output, context)}, expert, products);
      products.Flush();
      continue;
    }
    for (const bool written : {true, false}) {
      products.Begin(expert, !written);
      ForEachRun(context.batch, [&](const Worker::Range& tokens, bool are_written) {
        if (are_written == written) AddProducts(step, context, tokens, expert, products);
      });
      products.Flush();
    }
  }
}

}  // namespace ingle
