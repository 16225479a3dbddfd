/* The C interface, as an outside program sees it: link, call, get an error that explains itself. */
#include <stdio.h>
#include <string.h>

#include <ingle/ingle.h>

int main(void) {
  ingle_model* model = NULL;
  const ingle_status status = ingle_model_load("/nonexistent/model.gguf", NULL, &model);
  printf("%s: %s\n", ingle_version(), ingle_last_error());
  return status == INGLE_NOT_FOUND && model == NULL && strlen(ingle_version()) > 0 ? 0 : 1;
}
