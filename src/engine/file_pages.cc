#include "engine/file_pages.h"

#include <algorithm>
#include <cmath>

namespace ingle {
namespace {

constexpr uint64_t kPieceBytes = 64 << 10;

std::pair<uint64_t, uint64_t> PiecesOf(const std::byte* data, uint64_t bytes) {
  const auto address = reinterpret_cast<uintptr_t>(data);
  return {address / kPieceBytes, (address + bytes + kPieceBytes - 1) / kPieceBytes};
}

}  // namespace

FilePages::FilePages(const std::vector<const ByteSource*>& files) {
  for (const ByteSource* file : files) {
    const auto all = file->View(0, file->size());
    if (file->stamp().empty() || !all) continue;
    const auto address = reinterpret_cast<uintptr_t>(all->data());
    files_.emplace_back(address, address + all->size());
  }
}

bool FilePages::IsMapped(const TensorView& tensor) const {
  const auto address = reinterpret_cast<uintptr_t>(tensor.data);
  return std::any_of(files_.begin(), files_.end(), [&](const Range& file) {
    return address >= file.first && address < file.second;
  });
}

void FilePages::Read(const TensorView& tensor) {
  if (IsMapped(tensor)) read_.push_back(PiecesOf(tensor.data, tensor.bytes()));
}

void FilePages::LookUp(const TensorView& table, uint64_t rows) {
  if (!IsMapped(table)) return;
  const auto [begin, end] = PiecesOf(table.data, table.bytes());
  const auto pieces = static_cast<double>(end - begin);
  const double of_a_row = 1 + static_cast<double>(table.row_bytes()) / kPieceBytes;
  const double missed = std::pow(1 - std::min(1.0, of_a_row / pieces), static_cast<double>(rows));
  looked_up_ += pieces * (1 - missed);
}

uint64_t FilePages::bytes() const {
  std::vector<Range> ranges = read_;
  std::sort(ranges.begin(), ranges.end());
  uint64_t pieces = 0, counted = 0;
  for (const auto& [begin, end] : ranges) {
    const uint64_t from = std::max(begin, counted);
    if (end > from) pieces += end - from;
    counted = std::max(counted, end);
  }
  return (pieces + static_cast<uint64_t>(std::llround(looked_up_))) * kPieceBytes;
}

}  // namespace ingle
