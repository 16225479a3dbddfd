// The grids that IQ blocks refer to: numbered points, each of four or eight values.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace ingle {

template <size_t kPoints, size_t kValues>
using IqGrid = std::array<std::array<int8_t, kValues>, kPoints>;

extern const IqGrid<2048, 8> kIq1Grid;
extern const IqGrid<256, 8> kIq2XxsGrid;
extern const IqGrid<512, 8> kIq2XsGrid;
extern const IqGrid<1024, 8> kIq2SGrid;
extern const IqGrid<256, 4> kIq3XxsGrid;
extern const IqGrid<512, 4> kIq3SGrid;

}  // namespace ingle
