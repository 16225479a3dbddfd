#include "kernels/peak/x86.h"
#include "kernels/x86_amx_inline.h"

namespace ingle {
namespace {

constexpr int kTiles = 8;
constexpr int kRows = 16;
constexpr int kRowBytes = 64;

void ConfigureTiles() {
  TileConfig config;
  for (int tile = 0; tile < kTiles; ++tile) {
    config.row_bytes[tile] = kRowBytes;
    config.rows[tile] = kRows;
  }
  Configure(config);
}

void Fill(int8_t (&tile)[kRows][kRowBytes], int8_t value) {
  for (auto& row : tile) {
    for (int8_t& x : row) x = value;
  }
}

}  // namespace

void Int8PeakAmx(const PeakTask& task) {
  alignas(64) int8_t left[2][kRows][kRowBytes], right[2][kRows][kRowBytes];
  alignas(64) int32_t sums[4][kRows][kRowBytes / 4];
  for (auto& tile : left) Fill(tile, task.left);
  for (auto& tile : right) Fill(tile, task.right);
  ConfigureTiles();
  _tile_zero(0);
  _tile_zero(1);
  _tile_zero(2);
  _tile_zero(3);
  for (size_t round = 0; round < task.rounds; ++round) {
    _tile_loadd(4, left[0], kRowBytes);
    _tile_loadd(5, left[1], kRowBytes);
    _tile_loadd(6, right[0], kRowBytes);
    _tile_loadd(7, right[1], kRowBytes);
    _tile_dpbssd(0, 4, 6);
    _tile_dpbssd(1, 4, 7);
    _tile_dpbssd(2, 5, 6);
    _tile_dpbssd(3, 5, 7);
  }
  _tile_stored(0, sums[0], kRowBytes);
  _tile_stored(1, sums[1], kRowBytes);
  _tile_stored(2, sums[2], kRowBytes);
  _tile_stored(3, sums[3], kRowBytes);
  _tile_release();
  *task.sum = 0;
  for (const auto& tile : sums) {
    for (const auto& row : tile) {
      for (const int32_t sum : row) *task.sum += sum;
    }
  }
}

}  // namespace ingle
