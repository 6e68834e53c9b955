/// The permissions that the panel knows.
package enum PanelPermissions {
    /// What `GET /api/client/permissions` answers.
    static let json: PanelJSON = {
        do {
            return try PanelJSON(parsing: recordedPermissions)
        } catch {
            preconditionFailure("the recorded permissions are no JSON")
        }
    }()

    /// All of them, as `group.key`.
    package static let all: Set<String> = {
        let groups = json["attributes"]?["permissions"]?.members ?? []
        return Set(groups.flatMap { group in (group.value["keys"]?.members ?? []).map { "\(group.key).\($0.key)" } })
    }()
}
