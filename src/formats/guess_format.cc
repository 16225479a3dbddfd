#include "formats/guess_format.h"

namespace ingle {

std::string_view GuessFormat(std::string_view head) {
  if (head.empty()) return "; the file is empty";
  if (head.starts_with("GGUF")) return "; it is a GGUF file";
  if (head.starts_with("FUGG")) return "; it looks like a big-endian GGUF file";
  for (const std::string_view magic : {"lmgg", "fmgg", "tjgg", "algg"}) {
    if (head.starts_with(magic)) return "; it looks like a ggml file from before GGUF";
  }
  if (head.starts_with("version https://git-lfs")) {
    return "; it is a Git LFS pointer, not the model";
  }
  if (head.starts_with('<') || head.starts_with("\n<")) {
    return "; it looks like a web page saved in place of the model";
  }
  if (head.starts_with("PK\x03\x04")) return "; it looks like a zip archive, of PyTorch perhaps";
  if (head.starts_with("\x80\x02") || head.starts_with("\x80\x04")) {
    return "; it looks like a Python pickle, which Ingle does not open because it is a program";
  }
  if (head.size() > 8 && head[8] == '{' && head.substr(4, 4) == std::string_view("\0\0\0\0", 4)) {
    return "; it looks like a safetensors file";
  }
  return "";
}

}  // namespace ingle
