using Cairn.Frontend.Dockerfile.Expansion;
using Cairn.Frontend.Dockerfile.Graphs;
using Cairn.Frontend.Dockerfile.Instructions;
using Cairn.Frontend.Dockerfile.Parsing;
using Google.Protobuf;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Lowering;

/// <summary>RUN.</summary>
internal sealed partial class StageLowering
{
    private const string HeredocDirectory = "/dev/pipes/";
    private const string AgentVariable = "SSH_AUTH_SOCK";

    private void LowerRun(RunInstruction run, IReadOnlyList<StageState?> sources)
    {
        var mounts = new RunMounts(_request.Options, _stage, _context);
        for (int i = 0; i < run.Mounts.Count; i++)
        {
            mounts.Add(run.Mounts[i].Expand(Expand), sources[i]);
        }
        if (_request.Options.ShmSize is { } bytes)
        {
            mounts.AddShm(bytes);
        }
        (List<string> arguments, string summary) = RunArguments(run.Command, mounts);
        string createdBy = HistoryOfRun(arguments);
        VariableList environment = _stage.Variables;
        if (mounts.FirstAgent is { } socket && environment.Find(AgentVariable) is null)
        {
            environment = environment.With(AgentVariable, socket);
        }
        var exec = new Pb.ExecOp
        {
            Meta = CreateMeta(arguments, environment),
            Network = run.Network switch
            {
                "none" => Pb.NetMode.None,
                "host" => Pb.NetMode.Host,
                _ => _request.Options.NetworkMode,
            },
            Security = run.Security == "insecure" ? Pb.SecurityMode.Insecure : Pb.SecurityMode.Sandbox,
        };
        exec.Secretenv.Add(mounts.SecretVariables);
        var notes = new NodeNotes
        {
            Name = NextStep(ShownRun(mounts) + summary),
            Command = run.Source,
            Lines = run.Text.Lines,
            IgnoreCache = _stage.IgnoresCache,
            Resources = _request.Options.Resources,
        };
        _stage.Tree = GraphEdge.Of(new ExecNode(exec, _stage.Platform, _stage.TakeTree(), mounts.Trees, mounts.Deliveries, notes));
        Record(createdBy, makesLayer: true);
    }

    private string ShownRun(RunMounts mounts)
    {
        IVariables variables = _stage.Variables;
        if (mounts.SecretVariables.Count > 0)
        {
            VariableList masks = VariableList.Empty;
            foreach (Pb.SecretEnv secret in mounts.SecretVariables)
            {
                masks = masks.With(secret.Name, "****");
            }
            variables = new OverlaidVariables(masks, variables);
        }
        return ShownText(new WordExpander(_request.Escape) { KeepQuotes = true, KeepUnknown = true }, variables);
    }

    private Pb.Meta CreateMeta(List<string> arguments, VariableList environment)
    {
        var meta = new Pb.Meta
        {
            Cwd = _stage.WorkingDirectory,
            User = _stage.User,
            ProxyEnv = _request.Options.Proxies,
            Hostname = _request.Options.Hostname ?? "",
            CgroupParent = _request.Options.CgroupParent ?? "",
            RemoveMountStubsRecursive = true,
        };
        meta.Args.Add(arguments);
        meta.Env.Add(environment.ToEnvironment());
        meta.ExtraHosts.Add(_request.Options.ExtraHosts);
        meta.Ulimit.Add(_request.Options.Ulimits);
        return meta;
    }

    /// <summary>The arguments that are run, and what a here-document adds to the name of the step.</summary>
    private (List<string> Arguments, string Summary) RunArguments(CommandLine command, RunMounts mounts)
    {
        if (command.Heredocs.Count == 0)
        {
            return (WithShell(command), "");
        }
        string line = command.Arguments[0];
        Heredoc first = command.Heredocs[0];
        if (HeredocWord.TryParse(line) is null)
        {
            string whole = line + string.Concat(command.Heredocs.Select(heredoc => $"\n{heredoc.Content}{heredoc.Name}"));
            return (WithShell([whole], isShellForm: true), "");
        }
        string script = first.Text;
        if (script.StartsWith("#!", StringComparison.Ordinal) && Image.Os != "windows")
        {
            mounts.AddFile(HeredocDirectory, first.Name, ByteString.CopyFromUtf8(script));
            script = HeredocDirectory + first.Name;
        }
        return (WithShell([script], isShellForm: true), $" ({Summarize(first.Content)})");
    }

    private static string Summarize(string document)
    {
        string[] lines = document.Trim().Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');
        return lines.Length > 1 ? lines[0] + "..." : lines[0];
    }

    private string HistoryOfRun(List<string> arguments)
    {
        VariableList declared = VariableList.Empty;
        foreach (KeyValue argument in _stage.Arguments)
        {
            declared = declared.With(argument.Key, _stage.Variables.Find(argument.Key) ?? argument.Value ?? "");
        }
        IReadOnlyList<string> pairs = declared.ToEnvironment();
        IEnumerable<string> counted = pairs.Count > 0 ? pairs.Prepend($"|{pairs.Count}") : [];
        return $"RUN {string.Join(' ', counted.Concat(arguments))} # buildkit";
    }
}
