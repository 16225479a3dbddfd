// The C++ interface, as an outside program sees it.
#include <iostream>

#include <ingle/ingle.hpp>

int main() {
  try {
    const ingle::Model model("/nonexistent/model.gguf");
  } catch (const ingle::Error& error) {
    std::cout << error.what() << '\n';
    return error.status() == INGLE_NOT_FOUND ? 0 : 1;
  }
  return 1;
}
