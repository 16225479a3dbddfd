#include "device/cpu/expert_steps.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "compile/expert_scratch.h"
#include "device/cpu/operands.h"

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

  void Add(size_t expert, Product product) {
    expert_ = expert;
    products_[count_++] = product;
    if (count_ == kExpertTokens) Flush();
  }

  void Flush() {
    if (count_ == 0) return;
    for (size_t i = 0; i < count_; ++i) TakeInput(products_[i], Input(i));
    if (share_.begin < share_.end) Multiply();
    count_ = 0;
  }

 private:
  float* Input(size_t i) { return context_.scratch + layout_.inputs + i * layout_.input_row; }

  void TakeInput(const Product& product, float* to) {
    const size_t part = attributes_.own_inputs ? product.slot : 0;
    std::memcpy(to, Row(step_.inputs[0], context_, product.token) + part * input_bytes_,
                input_bytes_);
  }

  void Multiply() {
    const TensorView& weight = step_.inputs[2].experts[expert_];
    float* outputs = context_.scratch + layout_.outputs;
    MatMulTask task{};
    task.weights = weight.data;
    task.weight_row_bytes = weight.row_bytes();
    task.columns = columns_;
    task.input = reinterpret_cast<const std::byte*>(Input(0));
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
    kernel_.run(task);
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
  size_t count_ = 0;
  std::array<Product, kExpertTokens> products_{};
};

}  // namespace

void Experts(const Step& step, const StepContext& context) {
  const size_t k = std::get<ExpertsAttributes>(step.attributes).k;
  const size_t tokens = RowCount(step.output, context);
  ExpertProducts products(step, context);
  for (size_t expert = 0; expert < step.inputs[2].experts.size(); ++expert) {
    for (size_t token = 0; token < tokens; ++token) {
      const float* routes = FloatRow(step.inputs[1], context, token);
      for (size_t slot = 0; slot < k; ++slot) {
        if (routes[slot] == static_cast<float>(expert)) products.Add(expert, {token, slot});
      }
    }
    products.Flush();
  }
}

}  // namespace ingle
