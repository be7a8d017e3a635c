namespace Cairn.Cli.Settings;

/// <summary>One --secret: an id, and the file or environment variable that holds it.</summary>
internal sealed record SecretSpec(string Id, string? File, string? Variable)
{
    /// <summary>Reads "id=ID[,src=FILE|,env=NAME][,type=file|env]". With an id alone the variable of that name counts, else the file.</summary>
    /// <exception cref="UsageException">The id is missing, or a key or type is unknown.</exception>
    public static SecretSpec Parse(string text)
    {
        string? id = null, file = null, variable = null, type = null;
        foreach ((string key, string value) in CsvFields.Pairs(CsvFields.Split(text, "--secret"), "--secret", bare: null))
        {
            switch (key)
            {
                case "id": id = value; break;
                case "src" or "source": file = value; break;
                case "env": variable = value; break;
                case "type" when value is "file" or "env": type = value; break;
                case "type": throw new UsageException($"--secret: unsupported secret type '{value}' (file or env)");
                default: throw new UsageException($"--secret: unexpected key '{key}' in '{text}'{Suggestion.Text(key, ["id", "src", "env", "type"])}");
            }
        }

        if (string.IsNullOrEmpty(id))
        {
            throw new UsageException($"--secret: id is missing in '{text}'");
        }

        if (type == "env" && variable is null)
        {
            (variable, file) = (file ?? id, null);   // src names the variable then
        }

        if (file is null && variable is null)
        {
            if (type != "file" && Environment.GetEnvironmentVariable(id) is not null)
            {
                variable = id;
            }
            else
            {
                file = id;
            }
        }

        return new SecretSpec(id, file, variable);
    }
}
