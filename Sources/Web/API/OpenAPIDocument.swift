/// The description of the admin API and the webhooks for other programs, in OpenAPI 3.1; a test holds it to the running service.
package enum OpenAPIDocument {
    package static let json = String(decoding: PackageResources.openapi_json, as: UTF8.self)
}
