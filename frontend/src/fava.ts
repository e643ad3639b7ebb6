/** What Fava 1.30 hands to the module of an extension (its help page on extensions). */

export interface ExtensionApi {
  get(endpoint: string, params: Record<string, string>): Promise<unknown>;
  request(
    endpoint: string,
    method: "GET" | "PUT" | "POST" | "DELETE",
    params?: Record<string, string | number>,
    body?: unknown,
    output?: "json" | "string" | "raw",
  ): Promise<unknown>;
}

export interface ExtensionContext {
  api: ExtensionApi;
}

export interface ExtensionModule {
  init?: (context: ExtensionContext) => void | Promise<void>;
  onPageLoad?: (context: ExtensionContext) => void;
  onExtensionPageLoad?: (context: ExtensionContext) => void;
}
