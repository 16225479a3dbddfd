// A platform without files to map: models come from memory.
#include "base/byte_source.h"

namespace ingle {

Result<std::unique_ptr<ByteSource>> OpenFile(const std::string& path) {
  return Fail(ErrorCode::kUnsupported, "cannot open ", path,
              ": this build has no file system; hand the model over in memory");
}

}  // namespace ingle
