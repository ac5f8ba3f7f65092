// device_provider.mjs PACKAGES PORT AUDIENCE: a certified OpenID provider (oidc-provider) with the device grant (RFC 8628), on loopback.
// Its own development pages sign people in without a password; access tokens are JWTs for AUDIENCE.
import { pathToFileURL } from "node:url";

const [packages, port, audience] = process.argv.slice(2);
const { Provider } = await import(pathToFileURL(`${packages}/node_modules/oidc-provider/lib/index.js`));
const issuer = `http://127.0.0.1:${port}`;
const GROUPS = { ben: ["approvers", "staff"], cat: [] };
const scopes = ["openid", "offline_access", "juju:read", "juju:write", "juju:approve"];

const provider = new Provider(issuer, {
    clients: [{
        client_id: "juju-mcp-login", token_endpoint_auth_method: "none", application_type: "native", redirect_uris: [], response_types: [],
        grant_types: ["urn:ietf:params:oauth:grant-type:device_code", "refresh_token"], scope: scopes.join(" "),
    }],
    scopes,
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    extraTokenClaims: (_, token) => ({ groups: GROUPS[token.accountId] ?? [] }),
    cookies: { keys: ["a key for the cookies of the tests"] },
    rotateRefreshToken: true,
    // shorter than the time before expiry at which the program renews a token, so every use renews it
    ttl: { AccessToken: 20, DeviceCode: 600, Grant: 3600, Session: 3600, Interaction: 600, RefreshToken: 3600, IdToken: 600 },
    features: {
        deviceFlow: { enabled: true }, revocation: { enabled: true }, devInteractions: { enabled: true },
        resourceIndicators: {
            enabled: true, defaultResource: () => audience, useGrantedResource: () => true,
            getResourceServerInfo: (_, resource) => ({ audience: resource, scope: scopes.join(" "), accessTokenFormat: "jwt", accessTokenTTL: 20, jwt: { sign: { alg: "RS256" } } }),
        },
    },
});
provider.on("server_error", (_, error) => console.error(error));
provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
