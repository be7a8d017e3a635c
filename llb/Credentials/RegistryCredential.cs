namespace Cairn.Llb.Credentials;

/// <summary>A login. An empty user name means that the secret is an identity token (OAuth refresh token).</summary>
/// <param name="UserName">May be empty.</param>
/// <param name="Secret">Password or token; never logged.</param>
public sealed record RegistryCredential(string UserName, string Secret)
{
    /// <summary>Says nothing of the secret.</summary>
    public override string ToString() => $"login of {(UserName.Length == 0 ? "a token" : UserName)}";
}
