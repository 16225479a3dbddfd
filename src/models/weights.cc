#include "models/weights.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/half.h"

namespace ingle {

bool Weights::Exists(const std::string& tensor) {
  const bool there = checkpoint_.HasTensor(tensor);
  const Expectation expected = checkpoint_.Expected(tensor);
  const bool lacking = expected.presence == Presence::kThere && !there;
  const bool surplus = expected.presence == Presence::kAbsent && there;
  if ((lacking || surplus) && !error_) {
    error_ = Error(ErrorCode::kCorrupt,
                   Cat("tensor ", Quote(checkpoint_.TensorName(tensor)),
                       lacking ? " is missing" : " has no place in a model with these fields",
                       expected.because.empty() ? "" : Cat(": ", expected.because)));
  }
  return there;
}

TensorView Weights::Find(const std::string& tensor, const Shape& shape, bool float_only) {
  const auto found = checkpoint_.Tensor(tensor);
  std::optional<Error> problem;
  if (!found) {
    problem = found.error();
  } else if (found->shape != shape) {
    problem = Error(ErrorCode::kCorrupt,
                    Cat("tensor ", Quote(checkpoint_.TensorName(tensor)), " is ",
                        ToString(found->shape), ", but the model's fields say ", ToString(shape)));
  } else if ((float_only && found->type != DType::kF32) || IsInteger(found->type)) {
    problem = Error(ErrorCode::kUnsupported, Cat("tensor ", Quote(checkpoint_.TensorName(tensor)),
                                                 " is ", Name(found->type), ", but F32 is needed"));
  } else {
    return *found;
  }
  if (!error_) error_ = std::move(problem);
  return {DType::kF32, shape, nullptr};
}

Value Weights::Bind(const std::string& tensor, const Shape& shape, bool float_only) {
  const TensorView view = Find(tensor, shape, float_only);
  return graph_.Weight(tensor, shape.rank() == 1 ? Copied(view) : view);
}

// A vector beside the file: its few bytes would bring into memory, and keep there, what the system
// maps around them, which may be two megabytes each. Where there is no memory it stays where it is.
TensorView Weights::Copied(TensorView vector) {
  if (vector.data == nullptr) return vector;
  AlignedMemory copy = AllocateAligned(vector.bytes());
  if (!copy) return vector;
  std::memcpy(copy.get(), vector.data, vector.bytes());
  vector.data = copy.get();
  memory_.push_back(std::move(copy));
  return vector;
}

Value Weights::MatrixRows(const std::string& name, const Shape& whole, uint64_t begin,
                          uint64_t rows) {
  const std::string tensor = name + ".weight";
  TensorView view = Find(tensor, whole, false);
  if (view.data != nullptr) view.data = view.row(begin);
  view.shape = {rows, whole.columns()};
  return graph_.Weight(tensor, view);
}

std::optional<Value> Weights::BiasRows(const std::string& name, uint64_t whole, uint64_t begin,
                                       uint64_t rows) {
  const std::string tensor = name + ".bias";
  if (!Exists(tensor)) return std::nullopt;
  TensorView view = Find(tensor, {whole}, true);
  if (view.data != nullptr) view.data += begin * sizeof(float);
  view.shape = {rows};
  return graph_.Weight(tensor, view);
}

Value Weights::Experts(const std::string& name, uint64_t count, uint64_t rows, uint64_t columns) {
  const std::string stack = name + "_exps.weight";
  std::vector<TensorView> experts;
  if (checkpoint_.HasTensor(stack)) {
    TensorView view = Find(stack, {count, rows, columns}, false);
    const std::byte* data = view.data;
    view.shape = {rows, columns};
    for (uint64_t expert = 0; expert < count; ++expert) {
      view.data = data == nullptr ? nullptr : data + expert * view.bytes();
      experts.push_back(view);
    }
    return graph_.Experts(stack, std::move(experts));
  }
  for (uint64_t expert = 0; expert < count; ++expert) {
    experts.push_back(Find(Cat(name, ".", expert, ".weight"), {rows, columns}, false));
    if (experts.back().type != experts.front().type && !error_) {
      error_ = Error(ErrorCode::kUnsupported,
                     Cat("tensor ", Quote(Cat(name, ".", expert, ".weight")), " is ",
                         Name(experts.back().type), ", but the first expert's is ",
                         Name(experts.front().type)));
    }
  }
  return graph_.Experts(name, std::move(experts));
}

Value Weights::MatrixOf(const std::string& name, uint64_t count, uint64_t index, uint64_t rows,
                        uint64_t columns) {
  const std::string stack = name + ".weight";
  if (!checkpoint_.HasTensor(stack)) return Matrix(Cat(name, ".", index), rows, columns);
  TensorView view = Find(stack, {count, rows, columns}, false);
  view.shape = {rows, columns};
  if (view.data != nullptr) view.data += index * view.bytes();
  return graph_.Weight(stack, view);
}

std::optional<Value> Weights::ExpertBiases(const std::string& name, uint64_t count, uint64_t rows) {
  const std::string tensor = name + "_exps.bias";
  if (!Exists(tensor)) return std::nullopt;
  return Bind(tensor, {count, rows}, true);
}

Value Weights::Vector(const std::string& tensor, uint64_t size) {
  return Bind(tensor, {size}, true);
}

std::optional<Value> Weights::OptionalVector(const std::string& tensor, uint64_t size) {
  if (!Exists(tensor)) return std::nullopt;
  return Vector(tensor, size);
}

Value Weights::Flat(const std::string& tensor, uint64_t elements) {
  const auto found = checkpoint_.Tensor(tensor);
  const bool fits = found && found->shape.elements() == elements;
  TensorView view = Find(tensor, fits ? found->shape : Shape{elements}, true);
  view.shape = {elements};
  return graph_.Weight(tensor, view);
}

Value Weights::FlatRows(const std::string& tensor, const Shape& whole, uint64_t begin,
                        uint64_t rows) {
  const auto found = checkpoint_.Tensor(tensor);
  const bool fits = found && found->shape.elements() == whole.elements();
  TensorView view = Find(tensor, fits ? found->shape : whole, true);
  view.shape = whole;
  if (view.data != nullptr) view.data = view.row(begin);
  view.shape = {rows, whole.columns()};
  return graph_.Weight(tensor, view);
}

Value Weights::Row(const std::string& name, uint64_t columns) {
  const std::string tensor = name + ".weight";
  const auto found = checkpoint_.Tensor(tensor);
  const bool vector = found && found->shape.rank() == 1;
  TensorView view = Find(tensor, vector ? Shape{columns} : Shape{1, columns}, false);
  view.shape = {1, columns};
  return graph_.Weight(tensor, view);
}

uint64_t Weights::Elements(const std::string& name) const {
  const auto found = checkpoint_.Tensor(name + ".weight");
  return found ? found->shape.elements() : 0;
}

Value Weights::Matrix(const std::string& name, uint64_t rows, uint64_t columns) {
  return Bind(name + ".weight", {rows, columns}, false);
}

Value Weights::Table(const std::string& name, uint64_t columns, uint64_t least_rows) {
  const auto found = checkpoint_.Tensor(name + ".weight");
  const uint64_t rows = found && found->shape.rank() == 2 ? found->shape.rows() : 0;
  return Matrix(name, std::max(rows, least_rows), columns);
}

Value Weights::Floats(const std::string& name, uint64_t rows, uint64_t columns) {
  const std::string tensor = name + ".weight";
  TensorView view = Find(tensor, {rows, columns}, false);
  if (view.type != DType::kF16 && view.type != DType::kBF16) {
    return Bind(tensor, {rows, columns}, true);
  }
  const TensorView floats{DType::kF32, view.shape, nullptr};
  if (view.data == nullptr) return graph_.Weight(tensor, floats);  // one that is described only
  memory_.push_back(AllocateAligned(floats.bytes()));
  if (!memory_.back()) {
    if (!error_)
      error_ = Error(ErrorCode::kOutOfMemory, Cat("no memory for ", floats.bytes(), " bytes"));
    return graph_.Weight(tensor, floats);
  }
  auto* out = reinterpret_cast<float*>(memory_.back().get());
  for (uint64_t i = 0; i < view.shape.elements(); ++i) {
    uint16_t bits;
    std::memcpy(&bits, view.data + i * sizeof(bits), sizeof(bits));
    out[i] = view.type == DType::kF16 ? F16ToF32(bits) : BF16ToF32(bits);
  }
  return graph_.Weight(tensor, {DType::kF32, view.shape, memory_.back().get()});
}

Value Weights::Norm(const std::string& name, uint64_t size) {
  return Bind(name + ".weight", {size}, true);
}

std::optional<Value> Weights::Bias(const std::string& name, uint64_t size) {
  const std::string tensor = name + ".bias";
  if (!Exists(tensor)) return std::nullopt;
  return Bind(tensor, {size}, true);
}

Status Weights::status() const {
  if (error_) return Fail(*error_);
  return {};
}

}  // namespace ingle
