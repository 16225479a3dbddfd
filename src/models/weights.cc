#include "models/weights.h"

namespace ingle {

Value Weights::Bind(const std::string& tensor, const Shape& shape, bool float_only) {
  TensorView view{DType::kF32, shape, nullptr};
  const auto found = checkpoint_.Tensor(tensor);
  std::optional<Error> problem;
  if (!found) {
    problem = found.error();
  } else if (found->shape != shape) {
    problem =
        Error(ErrorCode::kCorrupt, Cat("tensor ", Quote(tensor), " is ", ToString(found->shape),
                                       ", but the model's fields say ", ToString(shape)));
  } else if ((float_only && found->type != DType::kF32) || found->type == DType::kI32) {
    problem = Error(ErrorCode::kUnsupported, Cat("tensor ", Quote(tensor), " is ",
                                                 Name(found->type), ", but F32 is needed"));
  } else {
    view = *found;
  }
  if (problem && !error_) error_ = problem;
  return graph_.Weight(tensor, view);
}

Value Weights::Matrix(const std::string& name, uint64_t rows, uint64_t columns) {
  return Bind(name + ".weight", {rows, columns}, false);
}

Value Weights::Norm(const std::string& name, uint64_t size) {
  return Bind(name + ".weight", {size}, true);
}

std::optional<Value> Weights::Bias(const std::string& name, uint64_t size) {
  const std::string tensor = name + ".bias";
  if (!checkpoint_.HasTensor(tensor)) return std::nullopt;
  return Bind(tensor, {size}, true);
}

Status Weights::status() const {
  if (error_) return Fail(*error_);
  return {};
}

}  // namespace ingle
