// The extents of a tensor, outermost first: a matrix is [rows, columns] and a row is contiguous.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace ingle {

constexpr int kMaxRank = 8;  // convolutions of video have five

// A value type. The extents of a Shape that Ingle's readers made multiply without overflow.
class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<uint64_t> extents) {
    for (const uint64_t extent : extents) Append(extent);
  }

  // REQUIRES: rank() < kMaxRank.
  void Append(uint64_t extent) { extents_[static_cast<size_t>(rank_++)] = extent; }

  int rank() const { return rank_; }
  uint64_t operator[](int axis) const { return extents_[static_cast<size_t>(axis)]; }

  // Length of a row: the last extent. 1 for a scalar.
  uint64_t columns() const { return rank_ == 0 ? 1 : extents_[static_cast<size_t>(rank_ - 1)]; }
  // How many rows: the product of the other extents.
  uint64_t rows() const {
    uint64_t product = 1;
    for (int i = 0; i + 1 < rank_; ++i) product *= extents_[static_cast<size_t>(i)];
    return product;
  }
  uint64_t elements() const { return rows() * columns(); }

  friend bool operator==(const Shape&, const Shape&) = default;

 private:
  int rank_ = 0;
  std::array<uint64_t, kMaxRank> extents_{};
};

// "[49152, 576]"
std::string ToString(const Shape& shape);

}  // namespace ingle
