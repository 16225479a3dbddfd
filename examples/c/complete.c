/* Continues a text: complete MODEL.gguf "Once upon a time" */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ingle/ingle.h"

static void Check(ingle_status status) {
  if (status == INGLE_OK) return;
  fprintf(stderr, "complete: %s\n", ingle_last_error());
  exit(EXIT_FAILURE);
}

static bool Print(const char* text, size_t length, void* user) {
  (void)user;
  fwrite(text, 1, length, stdout);
  return fflush(stdout) == 0; /* nobody reads on: stop */
}

int main(int argc, char** argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: complete MODEL.gguf PROMPT\n");
    return 2;
  }
  const char* prompt = argv[2];

  ingle_model* model;
  Check(ingle_model_load(argv[1], NULL, &model));

  size_t count;
  Check(ingle_tokenize(model, prompt, strlen(prompt), INGLE_ADD_SPECIAL, NULL, 0, &count));
  ingle_token* tokens = malloc((count + 1) * sizeof *tokens);
  if (tokens == NULL) return EXIT_FAILURE;
  Check(ingle_tokenize(model, prompt, strlen(prompt), INGLE_ADD_SPECIAL, tokens, count, &count));

  ingle_session* session;
  Check(ingle_session_new(model, &session));
  ingle_generate_options options = INGLE_GENERATE_OPTIONS_DEFAULT;
  options.max_tokens = 64;
  options.on_text = Print;
  const ingle_generation* answer;
  fputs(prompt, stdout);
  Check(ingle_generate(session, tokens, count, &options, &answer));
  fprintf(stderr, "\n[%zu tokens, %.1f per second]\n", answer->token_count,
          answer->decode_tokens_per_second);

  ingle_session_free(session);
  free(tokens);
  ingle_model_free(model);
  return EXIT_SUCCESS;
}
