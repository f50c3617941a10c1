import { useQuery } from "@tanstack/react-query";
import { useAccount } from "@/features/account/account-context";
import { membersQuery } from "@/features/members/members-query";
import { Checkbox } from "@/ui/checkbox";

interface MemberListProps {
  chosen: readonly string[];
  onChange: (chosen: string[]) => void;
  /** Whoever is signed in has it anyway, as its maker. */
  mine?: boolean;
}

/** The members with whom a base is shared. */
export function MemberList({ chosen, onChange, mine = false }: MemberListProps) {
  const members = useQuery(membersQuery);
  const { id: me } = useAccount();
  return (
    <ul className="flex max-h-70 flex-col gap-2 overflow-y-auto rounded-card border border-line p-3">
      {members.data?.map((member) => (
        <li key={member.id}>
          <Checkbox
            label={`${member.name} · ${member.email}`}
            checked={chosen.includes(member.id) || (mine && member.id === me)}
            disabled={mine && member.id === me}
            onChange={(on) => onChange(on ? [...chosen, member.id] : chosen.filter((id) => id !== member.id))}
          />
        </li>
      ))}
    </ul>
  );
}
