//! What is asked of users and roles over HTTP: the bodies of those endpoints, and their answers.

use super::record::{Grant, Group};
use super::{Access, ROOT, decode_text};
use crate::error::{Error, Result};
use crate::gate::{Asked, Caller, Gate, Need};
use crate::schema::Value;
use crate::sorted::SortedMap;

impl Gate for Access {
    fn admit<'a>(&'a self, authorization: Option<&'a str>, need: &'a Need) -> Asked<'a, Caller> {
        Box::pin(async move {
            let credentials = authorization.map(credentials);
            let caller = self.authenticate(credentials.as_deref()).await.map_err(|error| match error {
                Error::Unauthenticated { .. } => {
                    Error::Unauthenticated { reason: "user hasn't authenticated".to_string() }
                }
                other => other,
            })?;
            self.check(&caller, need).await?;
            Ok(caller)
        })
    }

    fn administer<'a>(
        &'a self,
        caller: &'a Caller,
        operation: &'a str,
        request: SortedMap<String, Value>,
    ) -> Asked<'a, Vec<(String, Value)>> {
        let body = Body { operation, members: request };
        Box::pin(self.answer(caller, body))
    }
}

/// `user:password` in a header: `Bearer user:password`, or `Basic` with base64.
fn credentials(authorization: &str) -> String {
    let of = |scheme: &str| {
        let (found, rest) = authorization.split_once(' ')?;
        found.eq_ignore_ascii_case(scheme).then(|| rest.trim())
    };
    let basic = of("basic").and_then(decode_text);
    basic.unwrap_or_else(|| of("bearer").unwrap_or(authorization).to_string())
}

/// The members of a request.
struct Body<'a> {
    operation: &'a str,
    members: SortedMap<String, Value>,
}

impl Body<'_> {
    fn text(&self, key: &str) -> Result<Option<&str>> {
        match self.members.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(other) => Err(Error::WrongType {
                reason: format!("{}: {key}: expected a string, got {}", self.operation, other.kind()),
            }),
        }
    }

    fn name(&self, key: &str) -> Result<&str> {
        let missing = || Error::Missing { operation: self.operation.to_string(), parameter: key.to_string() };
        self.text(key)?.ok_or_else(missing)
    }

    fn names(&self, key: &str) -> Result<Vec<String>> {
        let wrong = || Error::WrongType { reason: format!("{}: {key}: expected a list of strings", self.operation) };
        let Some(Value::List(elements)) = self.members.get(key) else { return Err(wrong()) };
        let name = |element: &Value| match element {
            Value::Text(text) => Ok(text.clone()),
            _ => Err(wrong()),
        };
        elements.iter().map(name).collect()
    }
}

impl Access {
    async fn answer(&self, caller: &Caller, body: Body<'_>) -> Result<Vec<(String, Value)>> {
        let grantor = caller.user.as_deref().unwrap_or(ROOT);
        let data = match body.operation {
            "listUsers" => texts(self.list_users().await?),
            "describeUser" => {
                let name = body.name("userName")?;
                self.check_user(caller, name, "SelectUser").await?;
                let user = self.describe_user(name).await?;
                let user = user.ok_or_else(|| Error::invalid(format!("not found the user: {name}")))?;
                let description = ("description".to_string(), Value::Text(user.description));
                return Ok(vec![("data".to_string(), texts(user.roles)), description]);
            }
            "createUser" => {
                let description = body.text("description")?.unwrap_or_default();
                self.create_user(body.name("userName")?, body.name("password")?, description).await?;
                nothing()
            }
            "updatePassword" => {
                let name = body.name("userName")?;
                self.check_user(caller, name, "UpdateUser").await?;
                let old = Some(body.text("password")?.unwrap_or_default());
                let description = body.text("description")?;
                self.update_password(name, old, body.name("newPassword")?, description).await?;
                nothing()
            }
            "dropUser" => {
                self.drop_user(body.name("userName")?).await?;
                nothing()
            }
            "grantRole" => {
                self.add_role(body.name("userName")?, body.name("roleName")?).await?;
                nothing()
            }
            "revokeRole" => {
                self.remove_role(body.name("userName")?, body.name("roleName")?).await?;
                nothing()
            }
            "listRoles" => texts(self.list_roles().await?.into_iter().map(|role| role.name).collect()),
            "describeRole" => {
                let role = body.name("roleName")?;
                self.check_role(caller, role).await?;
                Value::List(self.list_grants(role).await?.into_iter().map(grant).collect())
            }
            "createRole" => {
                self.create_role(body.name("roleName")?, body.text("description")?.unwrap_or_default()).await?;
                nothing()
            }
            "alterRole" => {
                self.alter_role(body.name("roleName")?, body.text("description")?.unwrap_or_default()).await?;
                nothing()
            }
            "dropRole" => {
                let force = body.members.get("forceDrop") == Some(&Value::Bool(true));
                self.drop_role(body.name("roleName")?, force).await?;
                nothing()
            }
            "grantPrivilege" | "revokePrivilege" => {
                let grant = Grant {
                    object_type: body.name("objectType")?.to_string(),
                    object_name: body.name("objectName")?.to_string(),
                    privilege: body.name("privilege")?.to_string(),
                    database: body.text("dbName")?.filter(|name| !name.is_empty()).unwrap_or("default").to_string(),
                    grantor: grantor.to_string(),
                };
                self.set_grant(&body, grant).await?
            }
            "grantPrivilegeV2" | "revokePrivilegeV2" => {
                let (database, collection) = (body.text("dbName")?, body.text("collectionName")?);
                let (database, collection) = (database.unwrap_or_default(), collection.unwrap_or_default());
                let grant = Grant::on(body.name("privilege")?, database, collection, grantor);
                self.set_grant(&body, grant).await?
            }
            "createPrivilegeGroup" => {
                self.create_group(body.name("privilegeGroupName")?).await?;
                nothing()
            }
            "dropPrivilegeGroup" => {
                self.drop_group(body.name("privilegeGroupName")?).await?;
                nothing()
            }
            "listPrivilegeGroups" => {
                let groups = Value::List(self.list_groups().await?.into_iter().map(group).collect());
                Value::Object(vec![("privilegeGroups".to_string(), groups)])
            }
            "addPrivilegesToGroup" | "removePrivilegesFromGroup" => {
                let is_removal = body.operation == "removePrivilegesFromGroup";
                self.change_group(body.name("privilegeGroupName")?, &body.names("privileges")?, is_removal).await?;
                nothing()
            }
            other => return Err(Error::Unsupported { what: format!("the operation '{other}'") }),
        };
        Ok(vec![("data".to_string(), data)])
    }

    async fn set_grant(&self, body: &Body<'_>, grant: Grant) -> Result<Value> {
        let role = body.name("roleName")?;
        if body.operation.starts_with("grant") {
            self.grant(role, grant).await?;
        } else {
            self.revoke(role, grant).await?;
        }
        Ok(nothing())
    }
}

fn nothing() -> Value {
    Value::Object(Vec::new())
}

fn texts(list: Vec<String>) -> Value {
    Value::List(list.into_iter().map(Value::Text).collect())
}

fn object<const N: usize>(members: [(&str, String); N]) -> Value {
    Value::Object(members.map(|(key, text)| (key.to_string(), Value::Text(text))).into())
}

fn grant(grant: Grant) -> Value {
    object([
        ("objectType", grant.object_type),
        ("objectName", grant.object_name),
        ("privilege", grant.privilege),
        ("dbName", grant.database),
        ("grantor", grant.grantor),
    ])
}

fn group(group: Group) -> Value {
    object([("privilegeGroupName", group.name), ("privileges", group.privileges.join(","))])
}
