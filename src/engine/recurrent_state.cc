#include "engine/recurrent_state.h"

#include <cstring>

namespace ingle {
namespace {

// A chat goes back by a turn or two; each copy takes as much memory as the state itself.
constexpr size_t kMostCopies = 4;

AlignedMemory CopyOf(const std::byte* block, uint64_t bytes) {
  AlignedMemory copy = AllocateAligned(bytes);
  if (copy) std::memcpy(copy.get(), block, bytes);
  return copy;
}

Error NoMemory(uint64_t bytes) {
  return {ErrorCode::kOutOfMemory, Cat("no memory for a session's state of ", bytes, " bytes")};
}

}  // namespace

Status RecurrentState::Prepare() {
  if (bytes_ == 0 || block_) return {};
  block_ = AllocateAligned(bytes_);
  if (!block_) return Fail(NoMemory(bytes_));
  std::memset(block_.get(), 0, bytes_);
  return {};
}

void RecurrentState::BeforeStep(uint32_t length, size_t tokens) {
  const bool several = tokens > 1;
  const bool part_ends = several != computed_several_;
  computed_several_ = several;
  if (bytes_ == 0 || length == 0 || !part_ends) return;
  if (!earlier_.empty() && earlier_.back().length >= length) return;
  AlignedMemory copy = CopyOf(block_.get(), bytes_);
  if (!copy) return;
  if (earlier_.size() == kMostCopies) earlier_.erase(earlier_.begin());
  earlier_.push_back({length, std::move(copy)});
}

uint32_t RecurrentState::Rewind(uint32_t length) {
  if (bytes_ == 0) return length;
  computed_several_ = false;
  while (!earlier_.empty() && earlier_.back().length > length) earlier_.pop_back();
  if (!block_) return 0;
  if (earlier_.empty()) {
    std::memset(block_.get(), 0, bytes_);
    return 0;
  }
  std::memcpy(block_.get(), earlier_.back().block.get(), bytes_);
  return earlier_.back().length;
}

Result<RecurrentState> RecurrentState::Copy() const {
  RecurrentState copy(bytes_);
  if (!block_) return copy;
  copy.block_ = CopyOf(block_.get(), bytes_);
  if (!copy.block_) return Fail(NoMemory(bytes_));
  return copy;
}

}  // namespace ingle
