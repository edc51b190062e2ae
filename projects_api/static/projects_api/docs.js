// The page to read and try the API: Swagger UI on our own schema, nothing from elsewhere.
const place = document.getElementById("api");
window.SwaggerUIBundle({
  url: place.dataset.schema,
  dom_id: "#api",
  deepLinking: true,
  validatorUrl: null,
  tryItOutEnabled: true,
  requestInterceptor: (request) => {
    // Session sign-ins are protected by CSRF; token requests carry none and need none.
    const token = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
    if (token) request.headers["X-CSRFToken"] = token.slice("csrftoken=".length);
    return request;
  },
});
