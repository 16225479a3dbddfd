// From rows of blocks to panels (tensor/panels.h).
#pragma once

#include <cstddef>
#include <cstdint>

#include "tensor/dtype.h"

namespace ingle {

// Which bytes PackPanels makes. Files of panels outlive the program that wrote them
// (engine/panel_file.h): another layout is the next number. pack_test.cc notices a change.
constexpr int kPanelLayout = 1;

// Whether matrices of this type have a layout in panels.
bool HasPanels(DType type);

// Bytes of a matrix in panels: those of its rows, whose number is rounded up to whole panels.
inline uint64_t PanelBytes(DType type, uint64_t rows, uint64_t columns) {
  return (rows + 15) / 16 * 16 * RowBytes(type, columns);
}

struct PackTask {
  DType type;
  const std::byte* weights;  // the matrix's rows of blocks, one behind the other
  size_t rows;
  size_t columns;
  std::byte* panels;   // PanelBytes() of the whole matrix; 2-aligned
  size_t panel_begin;  // the part that is wanted
  size_t panel_end;
};

// REQUIRES: HasPanels(type), columns is a whole number of blocks.
void PackPanels(const PackTask& task);

}  // namespace ingle
